import Foundation
import Support

/// A folder into which all results are moved at once when they are complete.
///
/// Until then they lie in a hidden folder inside it. Other files of the folder stay as they are.
package struct OutputFolder {
  package let path: String
  /// The hidden folder that results are written to until `publish`.
  package let staging: String
  private let isNew: Bool

  /// Creates the folder if needed. Throws an `ExperimentError` where it can't be written.
  package init(path: String) throws(ExperimentError) {
    self.path = path
    isNew = !FileManager.default.fileExists(atPath: path)
    staging = "\(path)/.unfinished-\(ProcessInfo.processInfo.processIdentifier)"
    do {
      try makeFolder(at: staging)
    } catch {
      throw .notWritable(path: path, reason: reason(for: error))
    }
    removeLeftovers()
  }

  /// Moves the results into the folder, over those of an earlier run. Run files of earlier runs in the subfolders `folders` are
  /// removed, so that no seed of an earlier run is left. Throws an `ExperimentError` where a file can't be moved.
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
      throw .notWritable(path: path, reason: reason(for: error))
    }
  }

  /// Removes the unfinished results, and the folder if it was created for them.
  package func discard() {
    try? FileManager.default.removeItem(atPath: staging)
    if isNew { rmdir(path) }
  }

  /// Removes the unfinished results of processes that were killed.
  private func removeLeftovers() {
    let prefix = ".unfinished-"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasPrefix(prefix) {
      guard let process = Int32(name.dropFirst(prefix.count)), kill(process, 0) != 0, errno == ESRCH else { continue }
      try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
  }
}

/// The system's message in lower case, as part of a sentence. Where Foundation hides it, it is that of the last failed call.
private func reason(for error: any Error) -> String {
  (error.systemMessage ?? (errno == 0 ? error.localizedDescription : systemMessage())).lowercased()
}
