/// Why a file of your own could not be read as data.
public enum DataFileError: Error, Equatable, CustomStringConvertible {
  /// The file can't be opened or read.
  case unreadable(path: String, reason: String)
  /// A CSV file has something wrong in a line, counted from 1, and in a column where it can be named.
  case line(path: String, line: Int, column: String?, problem: String)
  /// A CSV file has no such column.
  case noColumn(path: String, column: String, present: [String])
  /// All columns of a CSV file are to be predicted, and none is left for inputs.
  case noInputs(path: String, columns: [String])
  /// No column of a CSV file is named to be predicted.
  case noTargets(path: String, present: [String])
  /// The file is not an npy file that can be taken over.
  case npy(path: String, problem: String)
  /// Two files have different numbers of samples.
  case countsDiffer(path: String, count: Int, inputs: Int)
  /// There is not a single sample.
  case empty(path: String)

  /// One line: what was wrong, where, and what would be right.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): can't be read (\(reason))"
    case .line(let path, let line, let column, let problem):
      "\(path), line \(line)\(column.map { ", column \($0)" } ?? ""): \(problem)"
    case .noColumn(let path, let column, let present):
      "\(path): no column \(column); there are \(present.joined(separator: ", "))"
    case .noInputs(let path, let columns):
      "\(path): no column is left for inputs beside column \(columns.joined(separator: ", ")); name fewer, or add columns to "
        + "the file"
    case .noTargets(let path, let present):
      "\(path): no column is named as a target; there are \(present.joined(separator: ", "))"
    case .npy(let path, let problem): "\(path): \(problem)"
    case .countsDiffer(let path, let count, let inputs): "\(path): \(count) samples for \(inputs) rows of inputs"
    case .empty(let path): "\(path): holds no samples"
    }
  }
}
