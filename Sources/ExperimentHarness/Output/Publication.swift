import Foundation
import Support

/// Moves complete results from a work folder into the folder around it.
///
/// Renaming the work folder to `.publishing-…` is the one moment from which on the new results count. What follows only moves files:
/// earlier ones into the work folder, new ones into their places, and the earlier ones are removed last. If a file can't be moved, all are
/// moved back. If the process is killed meanwhile, the next command that uses the folder completes it.
package struct Publication {
  /// Moves a file within a file system; returns 0, or −1 and sets `errno`.
  package typealias Rename = (_ from: String, _ to: String) -> Int32

  /// The file that can't be moved, and why.
  struct Failure: Error {
    let path, reason: String
  }

  /// What is to be moved, as it is stored in the work folder.
  private struct Plan: Codable {
    /// The paths of the new results, the manifest last.
    let files: [String]
    /// The folders whose other run files are removed.
    let folders: [String]
  }

  private static let prefix = ".publishing-"
  private let folder: String
  private let work: String
  private let plan: Plan
  private let rename: Rename

  /// Prepares the results in `work/new`. Throws a `Failure` where a folder or link stands in the place of a file or folder of the results;
  /// nothing is moved then.
  init(
    of work: String, in folder: String, clearing folders: [String], by rename: @escaping Rename
  ) throws(Failure) {
    let found = FileManager.default.enumerator(atPath: work + "/new")?.compactMap { $0 as? String } ?? []
    let files = found.filter { kind(of: "\(work)/new/\($0)") == S_IFREG && !TrialFiles.areOfUnfinishedRun($0) }.sorted()
    plan = Plan(
      files: files.filter { $0 != "manifest.json" } + files.filter { $0 == "manifest.json" }, folders: folders)
    (self.folder, self.work, self.rename) = (folder, work, rename)
    for file in files {
      try check("\(folder)/\(file)", is: S_IFREG, or: "a folder or link stands where a file of the results belongs")
    }
    for part in Set(files.map { ($0 as NSString).deletingLastPathComponent } + folders) where !part.isEmpty {
      try check("\(folder)/\(part)", is: S_IFDIR, or: "a file or link stands where a folder of the results belongs")
    }
  }

  /// A publication that another process began.
  private init?(interrupted work: String, in folder: String) {
    guard let data = try? InputFile(path: work + "/plan.json").contents(),
      let plan = try? JSONDecoder().decode(Plan.self, from: Data(data))
    else { return nil }
    (self.folder, self.work, self.plan, rename) = (folder, work, plan, { Foundation.rename($0, $1) })
  }

  /// Moves all files. Throws a `Failure` where one can't be moved; then earlier results stand, and the new ones are in `work/new` again.
  func run() throws(Failure) {
    let lock = FolderLock(folder)
    defer { lock.release() }
    let begun = "\(folder)/\(Self.prefix)\((work as NSString).lastPathComponent.drop { $0 == "." })"
    let data = try! JSONEncoder().encode(plan)
    do { try AtomicFile.write(data, to: work + "/plan.json") } catch {
      throw Failure(path: work, reason: pathProblem(error.code, work))
    }
    try move(work, begun)
    let publication = Publication(folder: folder, work: begun, plan: plan, rename: rename)
    do {
      try publication.moveAll()
    } catch {
      publication.moveBack()
      // As long as the plan is there, the publication is completed later instead.
      if rename(begun, work) == 0 { unlink(work + "/plan.json") }
      throw error
    }
    publication.removeEarlier()
  }

  private init(folder: String, work: String, plan: Plan, rename: @escaping Rename) {
    (self.folder, self.work, self.plan, self.rename) = (folder, work, plan, rename)
  }

  /// Completes what killed processes began to move into a folder. Throws an `ExperimentError` where that is not possible.
  static func completeAll(in folder: String) throws(ExperimentError) {
    guard names(in: folder).contains(where: { $0.hasPrefix(prefix) }) else { return }
    let lock = FolderLock(folder)
    defer { lock.release() }
    for name in names(in: folder).sorted() where name.hasPrefix(prefix) {
      let work = "\(folder)/\(name)"
      // Without a plan all files are moved, and only removing the earlier ones was interrupted.
      if let publication = Publication(interrupted: work, in: folder) {
        do { try publication.moveAll() } catch {
          throw .notWritable(path: error.path, reason: error.reason + "; new results wait in \(work)/new")
        }
      }
      try? FileManager.default.removeItem(atPath: work)
    }
  }

  /// Moves what is not yet moved, in an order in which every step may be the last: a file is in at least one place at any time.
  private func moveAll() throws(Failure) {
    for file in plan.files where exists("\(work)/new/\(file)") {
      try setAside(file)
      try makeParent(of: "\(folder)/\(file)")
      try move("\(work)/new/\(file)", "\(folder)/\(file)")
    }
    let new = Set(plan.files)
    for part in plan.folders {
      for name in names(in: "\(folder)/\(part)") where name.hasSuffix(".rheo") && !new.contains("\(part)/\(name)") {
        try setAside("\(part)/\(name)")
      }
    }
  }

  /// Moves a file of an earlier run into the work folder.
  private func setAside(_ file: String) throws(Failure) {
    guard exists("\(folder)/\(file)") else { return }
    try makeParent(of: "\(work)/old/\(file)")
    try move("\(folder)/\(file)", "\(work)/old/\(file)")
  }

  /// Moves all back that is moved.
  private func moveBack() {
    for file in plan.files where !exists("\(work)/new/\(file)") {
      _ = rename("\(folder)/\(file)", "\(work)/new/\(file)")
    }
    let old = work + "/old"
    for file in FileManager.default.enumerator(atPath: old)?.compactMap({ $0 as? String }) ?? []
    where kind(of: "\(old)/\(file)") != S_IFDIR {
      _ = rename("\(old)/\(file)", "\(folder)/\(file)")
    }
  }

  /// Removes the files of the earlier run, the plan first: without it there is nothing to complete.
  private func removeEarlier() {
    unlink(work + "/plan.json")
    try? FileManager.default.removeItem(atPath: work)
  }

  private func move(_ from: String, _ to: String) throws(Failure) {
    guard rename(from, to) != 0 else { return }
    throw Failure(path: to, reason: pathProblem(POSIXError.last.code, to))
  }

  private func check(_ path: String, is expected: mode_t, or problem: String) throws(Failure) {
    guard let kind = kind(of: path), kind != expected else { return }
    throw Failure(path: path, reason: problem)
  }
}

/// A lock of a folder for processes that move results into it. It ends with the process.
private struct FolderLock {
  private let descriptor: Int32

  /// Waits until no other process has it. A folder that can't be locked is not.
  init(_ folder: String) {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor >= 0 { flock(descriptor, LOCK_EX) }
  }

  func release() { if descriptor >= 0 { close(descriptor) } }
}

private func names(in folder: String) -> [String] {
  (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
}

private func exists(_ path: String) -> Bool { kind(of: path) != nil }

/// The kind of file at a path, S_IFREG, S_IFDIR, S_IFLNK, …; nil if there is none.
private func kind(of path: String) -> mode_t? {
  var status = stat()
  return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
}

private func makeParent(of path: String) throws(Publication.Failure) {
  do { try makeFolder(at: (path as NSString).deletingLastPathComponent) } catch {
    throw Publication.Failure(path: path, reason: pathProblem(error.code, path))
  }
}
