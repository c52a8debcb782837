import Foundation
import Support

/// A folder into which all results are moved when they are complete.
///
/// Until then they lie in a hidden work folder inside it, which a lease beside it protects from other runs, also from those of other
/// containers and hosts. Other files of the folder stay as they are.
package struct OutputFolder: Sendable {
  package let path: String
  private let work: String
  private let lease: Lease
  private let isNew: Bool

  private static let prefix = ".unfinished-"
  private static let leaseEnding = ".lease"

  /// The hidden folder that results are written to until `publish`.
  package var staging: String { "\(work)/new" }

  /// Creates the folder if needed, completes what an earlier run began to move into it, and moves what killed runs recorded to a visible
  /// folder, and reports that to `note`. Throws an `ExperimentError` where it can't be written.
  package init(path: String, note: (String) -> Void = { _ in }) throws(ExperimentError) {
    self.path = path
    isNew = !FileManager.default.fileExists(atPath: path)
    work = "\(path)/\(Self.prefix)\(UUID().uuidString.prefix(8))"
    do {
      try makeFolder(at: path)
      // Its name is random, so no other process holds it.
      lease = try Lease.claim(work + Self.leaseEnding)!
      try makeFolder(at: work + "/new")
    } catch {
      throw .notWritable(path: path, error.code)
    }
    try Publication.completeAll(in: path)
    keepLeftovers(note)
  }

  /// Moves the results into the folder, over those of an earlier run. Run files of earlier runs in the subfolders `folders` are
  /// removed, so that no seed of an earlier run is left.
  ///
  /// Throws an `ExperimentError` where a file can't be moved: the earlier results stand, and the new ones are in the visible folder that
  /// the error names. `rename` moves a file, as the system's function.
  package func publish(
    clearing folders: [String], by rename: @escaping Publication.Rename = { Foundation.rename($0, $1) }
  ) throws(ExperimentError) {
    do {
      try Publication(of: work, in: path, clearing: folders, by: rename).run()
      lease.release()
    } catch {
      let kept = try keep("not-published") ?? path
      throw .notPublished(path: error.path, reason: error.reason, kept: kept)
    }
  }

  /// The visible folders with interrupted runs, the one that was at work last first.
  package func interruptedRuns() -> [String] {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    func lastBegin(_ folder: String) -> Date? {
      let file = "\(path)/\(folder)/\(UnfinishedRun.fileName)"
      return (try? FileManager.default.attributesOfItem(atPath: file))?[.modificationDate] as? Date
    }
    return folders.filter { $0.wholeMatch(of: /interrupted(-[0-9]+)?/) != nil }
      .compactMap { name in lastBegin(name).map { (name, $0) } }.sorted { $0.1 > $1.1 }.map { "\(path)/\($0.0)" }
  }

  /// Who is at work in the folder besides this process, for a message; nil if nobody is.
  package func otherHolder() -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.map { "\(path)/\($0)" }.first {
      $0.hasSuffix(Self.leaseEnding) && $0 != lease.path && Lease.isAlive($0)
    }.flatMap { Lease.holder(of: $0) }
  }

  /// The error of an interrupted run that another process has taken over.
  static func goneOn(_ interrupted: String) -> ExperimentError {
    .notResumable(path: interrupted, reason: "another process has just gone on with it")
  }

  /// Takes an interrupted run over, whose files are then in `staging`. Throws an `ExperimentError` where they can't be moved.
  package func resume(_ interrupted: String) throws(ExperimentError) {
    // An empty folder is replaced.
    guard rename(interrupted, staging) != 0 else { return }
    if errno == ENOENT { throw Self.goneOn(interrupted) }
    throw .notWritable(path: interrupted, POSIXError.last.code)
  }

  /// Moves run files that were recorded to a visible folder, which no later run removes, and returns its path; where nothing was recorded,
  /// removes the work folder and returns nil. Throws an `ExperimentError` where that is not possible; then they stay in the work folder.
  package func keep(_ name: String) throws(ExperimentError) -> String? {
    guard holdsRuns(staging) else {
      discard()
      return nil
    }
    let kept = try Self.moved(staging, in: path, as: name)
    try? FileManager.default.removeItem(atPath: work)
    lease.release()
    return kept
  }

  /// Removes the unfinished results, and the folder if it was created for them.
  package func discard() {
    try? FileManager.default.removeItem(atPath: work)
    lease.release()
    if isNew { rmdir(path) }
  }

  /// Moves results into a new visible folder `name`, `name-2`, …, of the output folder.
  private static func moved(_ results: String, in path: String, as name: String) throws(ExperimentError) -> String {
    for number in 1...10_000 {
      let target = "\(path)/\(name)" + (number == 1 ? "" : "-\(number)")
      guard mkdir(target, 0o777) == 0 else {
        if errno == EEXIST { continue }
        break
      }
      // An empty folder is replaced.
      if rename(results, target) == 0 { return target }
      break
    }
    let problem = pathProblem(POSIXError.last.code, path)
    throw .notWritable(path: path, reason: problem + "; the results are in \(results)")
  }

  /// Moves what killed processes recorded to a visible folder, and removes what else they left.
  private func keepLeftovers(_ note: (String) -> Void) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasPrefix(Self.prefix) {
      let leftover =
        "\(path)/\(name.hasSuffix(Self.leaseEnding) ? String(name.dropLast(Self.leaseEnding.count)) : name)"
      guard leftover != work, !Lease.isAlive(leftover + Self.leaseEnding) else { continue }
      unlink(leftover + Self.leaseEnding)
      let results = leftover + "/new"
      if holdsRuns(results) {
        guard let kept = try? Self.moved(results, in: path, as: "interrupted") else { continue }
        note("an earlier run was killed; what it recorded is in \(kept)")
      }
      try? FileManager.default.removeItem(atPath: leftover)
    }
  }
}

/// Whether a folder or one of its subfolders has results of training.
private func holdsRuns(_ folder: String) -> Bool {
  FileManager.default.enumerator(atPath: folder)?.contains { ($0 as? String).map(TrialFiles.areResults) ?? false }
    ?? false
}
