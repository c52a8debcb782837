import Foundation

/// A new folder with a random name for files that are needed for a while.
package struct TemporaryFolder {
  package let path: String

  /// Creates the folder in `parent`, by default in the system's folder for temporary files, and removes those that killed processes left
  /// there. Throws a `POSIXError`.
  package init(in parent: String = NSTemporaryDirectory()) throws(POSIXError) {
    path = TemporaryFile.newPath(in: parent)
    guard mkdir(path, 0o700) == 0 else { throw POSIXError.last }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
      let other = (parent as NSString).appendingPathComponent(name)
      var status = stat()
      guard TemporaryFile.writer(ofFileNamed: name)?.isDead == true, lstat(other, &status) == 0,
        status.st_mode & S_IFMT == S_IFDIR
      else { continue }
      try? FileManager.default.removeItem(atPath: other)
    }
  }

  /// Removes the folder with its files.
  package func remove() { try? FileManager.default.removeItem(atPath: path) }
}
