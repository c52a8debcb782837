/// What can go wrong with a run file, each with what to do about it.
public enum RunFileError: Error, Equatable, CustomStringConvertible {
  /// There is nothing at the path.
  case noSuchFile(path: String)
  /// What is at the path was never a run file.
  case notARunFile(path: String, reason: String)
  /// The run file is of a version that came after this reader.
  case newerFormat(path: String, found: Int, supported: Int)
  /// The run file can't be read, or is broken.
  case unreadable(path: String, reason: String)
  /// A new run file can't be made.
  case cannotCreate(path: String, reason: String)
  /// Recording has stopped: what was written before is kept.
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
        + "one, or record it anew"
    case .cannotCreate(let path, let reason):
      "\(path): can't create a run file (\(reason)); choose a path in a folder that can be written"
    case .cannotWrite(let path, let reason):
      "\(path): recording stopped (\(reason)); what was written before is kept. Free space or restore the folder, then "
        + "record again"
    }
  }
}
