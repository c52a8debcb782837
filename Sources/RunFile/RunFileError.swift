/// Why a run file can't be read or written.
public enum RunFileError: Error, CustomStringConvertible {
  case noSuchFile(path: String)
  case notARunFile(path: String, reason: String)
  case newerFormat(path: String, version: Int)
  case cannotCreate(path: String, reason: String)
  case cannotWrite(path: String, reason: String)
  case cannotRead(path: String, reason: String)

  public var description: String {
    switch self {
    case .noSuchFile(let path):
      "there is no file \(path); give the path of a run file (.rheo) that a run has written"
    case .notARunFile(let path, let reason):
      "\(path) is not a run file (\(reason)); give one that a run has written, they end in .rheo"
    case .newerFormat(let path, let version):
      "\(path) has format version \(version), and this program reads up to \(Schema.version); use a newer version of it"
    case .cannotCreate(let path, let reason):
      "the run file \(path) can't be created: \(reason); choose a folder that can be written"
    case .cannotWrite(let path, let reason):
      "the run file \(path) can no longer be written: \(reason); what was recorded before is kept"
    case .cannotRead(let path, let reason):
      "the run file \(path) can't be read: \(reason)"
    }
  }
}
