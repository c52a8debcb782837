import Support

/// An error of a run file. Its description says what to do.
public enum RunFileError: Error, Equatable, CustomStringConvertible {
  /// There is no file at the path.
  case noSuchFile(path: String)
  /// The file or folder at the path is not a run file.
  case notARunFile(path: String, reason: String)
  /// The run file has a newer format than this version reads.
  case newerFormat(path: String, found: Int, supported: Int)
  /// The run file can't be read: it is damaged, or its path is wrong. `reason` says what would be right.
  case unreadable(path: String, reason: String)
  /// The run file can't be read now: another program has locked it, or you may not read it. `reason` says what would be right.
  case unavailable(path: String, reason: String)
  /// A value of the run file is not what its column must hold. `row` is the row's number, or in `meta` its key; nil if it is not known.
  case wrongValue(path: String, table: String, row: String?, column: String, found: String, expected: String)
  /// A new run file can't be created.
  case cannotCreate(path: String, reason: String)
  /// Recording stopped; rows that were written before are kept.
  case cannotWrite(path: String, reason: String)
  /// A recording can't go on in the file that it began.
  case cannotResume(path: String, reason: String)
  /// A row contradicts others and was left out; all others are kept.
  case refusedRow(path: String, reason: String)
  /// The recording is finished, so nothing can be added.
  case finished(path: String)

  /// One line: what was wrong, where, and what to do. Control characters of paths and values are shown as escapes.
  public var description: String { "\(path): \(problem)".escapedForTerminal }

  private var path: String {
    switch self {
    case .noSuchFile(let path), .notARunFile(let path, _), .newerFormat(let path, _, _), .unreadable(let path, _),
      .unavailable(let path, _), .wrongValue(let path, _, _, _, _, _), .cannotCreate(let path, _),
      .cannotWrite(let path, _),
      .cannotResume(let path, _), .refusedRow(let path, _), .finished(let path):
      path.isEmpty ? "“”" : path
    }
  }

  private var problem: String {
    switch self {
    case .noSuchFile:
      "no such run file; check the path"
    case .notARunFile(_, let reason):
      "not a run file (\(reason)); give the path of a .rheo file that a recording wrote"
    case .newerFormat(_, let found, let supported):
      "written in run file format \(found), while this version reads up to \(supported); update Rheoscope"
    case .unreadable(_, let reason), .unavailable(_, let reason):
      "can't read this run file: \(reason)"
    case .wrongValue(_, let table, let row, let column, let found, let expected):
      "in its table \(table)\(row.map { ", row \($0)" } ?? ""), \(column) is \(found), but must be \(expected); "
        + "correct it, or record the run again"
    case .cannotCreate(_, let reason):
      "can't create a run file (\(reason)); choose a path in a folder that can be written"
    case .cannotWrite(_, let reason):
      "recording stopped (\(reason)); what was written before is kept. Free space or restore the folder, then record again"
    case .cannotResume(_, let reason):
      "can't go on with this recording (\(reason)); give the file as it was with its checkpoint, or record from the beginning"
    case .refusedRow(_, let reason):
      "recording stopped, since \(reason); all other rows are kept. Correct the call that appends this row, then record again"
    case .finished:
      "this recording is finished, so nothing can be added; record before finish(), or into a new file"
    }
  }
}
