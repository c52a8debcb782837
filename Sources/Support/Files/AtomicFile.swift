import Foundation

/// A file that is written under another name in the same folder and renamed when it is complete, so that a reader finds the old file
/// or the new one, never a part.
package final class AtomicFile {
  private let path: String
  private let draft: TemporaryFile
  private var isOpen = true
  private var isPublished = false

  /// Begins a new file for `path`, whose folder is made if it is missing and `makesFolder`. Removes unpublished files of dead processes
  /// from the folder. Throws a `POSIXError`, also where a pipe or a device is, which a file must not replace.
  package init(path: String, makesFolder: Bool = true) throws(POSIXError) {
    // A system call would end the path there, and write another file.
    guard !path.utf8.contains(0) else { throw POSIXError(.EINVAL) }
    var status = stat()
    if stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) { throw POSIXError(.EINVAL) }
    let folder = (path as NSString).deletingLastPathComponent
    if makesFolder { try makeFolder(at: folder) }
    self.path = path
    draft = try TemporaryFile(in: folder)
    draft.removeLeftovers()
  }

  /// Adds bytes at the end. Throws a `POSIXError`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(POSIXError) { try draft.write(bytes) }

  /// As above.
  package func write(_ data: Data) throws(POSIXError) { try draft.write(data) }

  /// Moves the complete file to its path; with `synchronized` only after its bytes are on the disk. Throws a `POSIXError`.
  package func publish(synchronized: Bool = false) throws(POSIXError) {
    if synchronized, fsync(draft.descriptor) != 0 { throw POSIXError.last }
    // Some file systems report a full disk only here.
    isOpen = false
    guard close(draft.descriptor) == 0 else { throw POSIXError.last }
    guard rename(draft.path, path) == 0 else { throw POSIXError.last }
    isPublished = true
  }

  deinit {
    if isOpen { close(draft.descriptor) }
    if !isPublished { unlink(draft.path) }
  }

  /// Writes a whole file at once. Throws a `POSIXError`.
  package static func write(_ data: Data, to path: String) throws(POSIXError) {
    let file = try AtomicFile(path: path)
    try file.write(data)
    try file.publish()
  }
}

extension POSIXError {
  /// The error of the system call that failed last.
  package static var last: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
