import Foundation

/// A file that is written under another name in the same folder and renamed when it is complete, so that a reader finds the old file
/// or the new one, never a part.
package final class AtomicFile {
  private let path: String
  private let draft: String
  private let handle: FileHandle
  private var isPublished = false

  /// Begins a new file for `path`, whose folder is made if it is missing and `makesFolder`. Throws a `POSIXError`.
  package init(path: String, makesFolder: Bool = true) throws {
    let folder = (path as NSString).deletingLastPathComponent
    if makesFolder { try makeFolder(at: folder) }
    self.path = path
    // A name of its own, whatever the length of the path's last component.
    draft = (folder as NSString).appendingPathComponent(".\(UUID().uuidString).partial")
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw POSIXError.last }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Adds bytes at the end.
  package func write(_ data: Data) throws { try handle.write(contentsOf: data) }

  /// Moves the complete file to its path; with `synchronized` only after its bytes are on the disk.
  package func publish(synchronized: Bool = false) throws {
    if synchronized { try handle.synchronize() }
    try handle.close()
    guard rename(draft, path) == 0 else { throw POSIXError.last }
    isPublished = true
  }

  deinit { if !isPublished { unlink(draft) } }

  /// Writes a whole file at once.
  package static func write(_ data: Data, to path: String) throws {
    let file = try AtomicFile(path: path)
    try file.write(data)
    try file.publish()
  }
}

extension POSIXError {
  /// The error of the system call that failed last.
  package static var last: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
