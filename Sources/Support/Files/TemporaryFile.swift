import Foundation

/// A new file with a random name in a folder, for what is moved to its own name when it is complete.
///
/// It is created exclusively, so no file or link that is already there is opened. Its name has at most about 130 bytes, whatever the name
/// that it gets later, and says which process writes it, so that what a dead process left is found and removed.
package struct TemporaryFile {
  package let path: String
  /// Open for reading and writing.
  package let descriptor: Int32

  /// Creates the file in `folder`; the empty path is the working directory. Throws a `POSIXError`.
  package init(in folder: String) throws(POSIXError) {
    guard let file = try TemporaryFile(creating: Self.newPath(in: folder)) else { throw POSIXError(.EEXIST) }
    self = file
  }

  /// Creates the file at `path`; nil if there is one, or a link. Throws a `POSIXError`.
  init?(creating path: String) throws(POSIXError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      if errno == EEXIST { return nil }
      throw POSIXError.last
    }
  }

  /// A path in `folder` that no file has, for a file that a library creates. `removeLeftovers` knows the name, also with an ending.
  package static func newPath(in folder: String) -> String {
    let name = ".\(randomToken())_\(ProcessIdentity.current.text).partial"
    return (folder as NSString).appendingPathComponent(name)
  }

  /// Adds bytes at the end. Throws a `POSIXError`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(POSIXError) {
    try writeAll(bytes, to: descriptor)
  }

  /// As above.
  package func write(_ data: Data) throws(POSIXError) {
    try data.withUnsafeBytes { bytes in Result { () throws(POSIXError) in try write(bytes) } }.get()
  }

  /// Closes and removes the file, unless it was moved.
  package func remove() {
    close(descriptor)
    unlink(path)
  }

  /// When the file was written, by the clock of its file system, in seconds.
  package var modified: Double {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status.modified : 0
  }

  /// Removes what dead processes left in the file's folder: the files of processes of this kernel that have ended, and those of unknown
  /// processes, such as another container's, that nobody has written for `age`. Ages are measured by the file system's own clock.
  package func removeLeftovers(olderThan age: Duration = .seconds(600)) {
    let folder = (path as NSString).deletingLastPathComponent
    let now = modified
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? [] {
      guard let writer = Self.writer(ofFileNamed: name) else { continue }
      let other = (folder as NSString).appendingPathComponent(name)
      var status = stat()
      if writer.isDead ?? (lstat(other, &status) == 0 && abs(now - status.modified) > age.seconds) { unlink(other) }
    }
  }

  /// The process that writes a file, by its name; nil if the name is not one of ours.
  static func writer(ofFileNamed name: String) -> ProcessIdentity? {
    guard name.hasPrefix("."), let match = name.prefixMatch(of: /\.[0-9a-f]{16}_([-_0-9a-z]+)\.partial/) else {
      return nil
    }
    return ProcessIdentity(text: match.1)
  }
}

/// 16 random hexadecimal digits.
func randomToken() -> String { UInt64.random(in: 0...(.max)).hexadecimal }

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension stat {
  /// When the file was last written, in seconds by the clock of its file system.
  var modified: Double { Double(st_mtim.tv_sec) + Double(st_mtim.tv_nsec) * 1e-9 }
}
