import Support

/// The reason why a file or folder could not be read as a data set.
public enum DataFileError: Error, Equatable, CustomStringConvertible {
  /// The file can't be opened or read.
  case unreadable(path: String, reason: String)
  /// A line of a CSV file is wrong; `line` counts from 1, and `column` is nil where no single column is wrong.
  case line(path: String, line: Int, column: String?, problem: String)
  /// A CSV file does not have the column; `present` are its columns.
  case noColumn(path: String, column: String, present: [String])
  /// All columns of a CSV file are targets, so no column is left for inputs.
  case noInputs(path: String, columns: [String])
  /// No target column of a CSV file was named.
  case noTargets(path: String, present: [String])
  /// The file is not an npy file of a supported kind.
  case npy(path: String, problem: String)
  /// Inputs and labels or targets have different numbers of samples.
  case countsDiffer(path: String, count: Int, inputs: Int)
  /// The file has no samples.
  case empty(path: String)
  /// The image is no PNG, damaged, or of another size than the first.
  case image(path: String, problem: String)
  /// The folder does not have what it should.
  case folder(path: String, problem: String)

  /// One line: the file, the problem, and how to fix it.
  public var description: String { message.escapedForTerminal }

  private var message: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read (\(reason))"
    case .line(let path, let line, let column, let problem):
      "\(path), line \(line)\(column.map { ", column \($0)" } ?? ""): \(problem)"
    case .noColumn(let path, let column, let present):
      "\(path): there is no column \(column); the columns are \(present.joined(separator: ", "))"
    case .noInputs(let path, let columns):
      "\(path): no column is left for inputs besides column \(columns.joined(separator: ", ")); name fewer targets, or add "
        + "columns to the file"
    case .noTargets(let path, let present):
      "\(path): no target column is named; the columns are \(present.joined(separator: ", "))"
    case .npy(let path, let problem), .image(let path, let problem), .folder(let path, let problem):
      "\(path): \(problem)"
    case .countsDiffer(let path, let count, let inputs): "\(path): \(count) samples for \(inputs) rows of inputs"
    case .empty(let path): "\(path): it has no samples"
    }
  }
}
