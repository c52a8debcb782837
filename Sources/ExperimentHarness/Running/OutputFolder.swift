import Foundation
import Support

/// A folder that results appear in all at once, when all of them are there.
///
/// Until then they are in a hidden folder inside it. Whatever else the folder holds stays as it is.
package struct OutputFolder {
  package let path: String
  /// Where results are written until `publish`.
  package let staging: String
  private let isNew: Bool

  /// Makes the folder, and finds out whether it can be written. Throws an `ExperimentError`.
  package init(path: String) throws(ExperimentError) {
    self.path = path
    isNew = !FileManager.default.fileExists(atPath: path)
    staging = "\(path)/.unfinished-\(ProcessInfo.processInfo.processIdentifier)"
    do {
      try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
    } catch {
      throw .notWritable(path: path, reason: error.reason)
    }
    removeLeftovers()
  }

  /// Moves the results to where they belong, over those of an earlier run. In `folders` no other run file
  /// stays, so seeds that were not run this time don't linger.
  package func publish(clearing folders: [String]) throws(ExperimentError) {
    do {
      let files = FileManager.default
      for folder in folders {
        for old in (try? files.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? [] where old.hasSuffix(".rheo") {
          try files.removeItem(atPath: "\(path)/\(folder)/\(old)")
        }
      }
      for file in try files.subpathsOfDirectory(atPath: staging) {
        var isFolder: ObjCBool = false
        _ = files.fileExists(atPath: "\(staging)/\(file)", isDirectory: &isFolder)
        if isFolder.boolValue {
          try files.createDirectory(atPath: "\(path)/\(file)", withIntermediateDirectories: true)
        } else if rename("\(staging)/\(file)", "\(path)/\(file)") != 0 {
          throw POSIXError.last
        }
      }
      try files.removeItem(atPath: staging)
    } catch {
      throw .notWritable(path: path, reason: error.reason)
    }
  }

  /// Leaves nothing of the results.
  package func discard() {
    try? FileManager.default.removeItem(atPath: staging)
    if isNew { rmdir(path) }
  }

  /// Removes what runs that were killed have left.
  private func removeLeftovers() {
    let prefix = ".unfinished-"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasPrefix(prefix) {
      guard let process = Int32(name.dropFirst(prefix.count)), kill(process, 0) != 0, errno == ESRCH else { continue }
      try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
  }
}

extension Error {
  /// The system's message, in lower case as part of a sentence.
  var reason: String { (systemMessage ?? localizedDescription).lowercased() }
}
