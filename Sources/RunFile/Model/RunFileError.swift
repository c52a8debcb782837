/// An error of a run file. Its description says what to do.
public enum RunFileError: Error, Equatable, CustomStringConvertible {
  /// There is no file at the path.
  case noSuchFile(path: String)
  /// The file or folder at the path is not a run file.
  case notARunFile(path: String, reason: String)
  /// The run file has a newer format than this version reads.
  case newerFormat(path: String, found: Int, supported: Int)
  /// The run file can't be read, or is damaged.
  case unreadable(path: String, reason: String)
  /// A new run file can't be created.
  case cannotCreate(path: String, reason: String)
  /// Recording stopped; rows that were written before are kept.
  case cannotWrite(path: String, reason: String)

  /// One line: what was wrong, where, and what to do.
  public var description: String {
    switch self {
    case .noSuchFile(let path):
      "\(path): no such run file; check the path"
    case .notARunFile(let path, let reason):
      "\(path): not a run file (\(reason)); give the path of a .rheo file that a recording wrote"
    case .newerFormat(let path, let found, let supported):
      "\(path): written in run file format \(found), while this version reads up to \(supported); update Rheoscope"
    case .unreadable(let path, let reason):
      "\(path): can't read this run file (\(reason)); check its permissions, copy it again with its -wal file if it has "
        + "one, or record the run again"
    case .cannotCreate(let path, let reason):
      "\(path): can't create a run file (\(reason)); choose a path in a folder that can be written"
    case .cannotWrite(let path, let reason):
      "\(path): recording stopped (\(reason)); what was written before is kept. Free space or restore the folder, then "
        + "record again"
    }
  }
}
