import Foundation

/// Makes a folder and those above it that are missing; a folder that exists is left as it is. Throws a `POSIXError`, unlike
/// Foundation's function, whose errors carry no reason of the system's on Linux.
package func makeFolder(at path: String) throws(POSIXError) {
  if path.isEmpty || mkdir(path, 0o777) == 0 { return }
  let error = POSIXError.last
  switch error.code {
  case .EEXIST:
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      throw POSIXError(.ENOTDIR)
    }
  case .ENOENT:
    let parent = (path as NSString).deletingLastPathComponent
    guard !parent.isEmpty, parent != path else { throw error }
    try makeFolder(at: parent)
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw POSIXError.last }
  default: throw error
  }
}
