import Foundation
import Rheoscope
import Support

/// What came of running an experiment again.
public struct Verification: Sendable {
  /// What is not as it was, a line each.
  public private(set) var differences: [String] = []
  /// What could not be compared and why, a line each.
  public private(set) var notes: [String] = []
  /// How many numbers were compared.
  public private(set) var compared = 0

  /// Runs the experiment whose results are in a folder again, with the settings of its manifest, in a temporary folder, and
  /// compares files with their hashes, measured numbers, and verdicts. `data` is where the data are, unless the manifest knows.
  ///
  /// Numbers have to come out bit by bit, or as nearly as the experiment says. On another processor, or by another version, sums
  /// are taken in another order, so only the verdicts have to be the same. Throws where there is nothing to verify.
  public init(
    ofResultsIn folder: String, of experiments: [Experiment], data: String? = nil, jobs: Int? = nil, console: Console
  ) throws {
    let path = "\(folder)/manifest.json"
    let manifest = try Manifest(path: path), before = try Summary(path: "\(folder)/summary.json")
    guard let experiment = experiments.first(where: { $0.name == manifest.experiment }) else {
      throw ExperimentError.strangeRecord(path: path, problem: "there is no experiment “\(manifest.experiment)”")
    }
    guard let profile = Profile(rawValue: manifest.profile) else {
      throw ExperimentError.strangeRecord(path: path, problem: "there is no profile “\(manifest.profile)”")
    }
    var settings = experiment.settings(in: profile)
    guard Set(manifest.settings.keys) == Set(settings.names) else {
      throw ExperimentError.strangeRecord(path: path, problem: "the settings of \(experiment.name) have other names")
    }
    for (name, value) in manifest.settings { settings[name] = value }
    checkFiles(of: manifest, in: folder)

    let again = NSTemporaryDirectory() + "rheoscope-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: again) }
    var options = RunOptions(
      profile: profile, threads: manifest.threads, data: data ?? manifest.dataFolder, output: again,
      command: manifest.command)
    options.jobs = jobs ?? options.jobs
    try experiment.run(settings, options, console: console)
    let after = try Summary(path: "\(again)/summary.json"), now = try Manifest(path: "\(again)/manifest.json")
    if manifest.dataHash != now.dataHash { differences.append("the data are others: their hash is not the same") }
    let others = [
      manifest.processor == now.processor ? nil : "processor (\(manifest.processor))",
      manifest.version == now.version ? nil : "version (\(manifest.version))",
    ].compactMap { $0 }
    if others.isEmpty {
      compare(before.variants, after.variants)
    } else {
      notes.append(
        "the results are from another \(others.joined(separator: " and ")), where sums are rounded otherwise: only verdicts "
          + "are compared")
    }
    compare(before.claims + (before.disagreements ?? []), after.claims + (after.disagreements ?? []))
  }

  private mutating func checkFiles(of manifest: Manifest, in folder: String) {
    var missing: [String] = []
    for (file, hash) in manifest.files.sorted(by: { $0.key < $1.key }) {
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)") else {
        missing.append(file)
        continue
      }
      if digest(of: data) != hash { differences.append("\(file): changed since it was written") }
    }
    let runs = missing.filter { $0.hasSuffix(".rheo") }
    if !runs.isEmpty { notes.append("\(counted(runs.count, "run file")) \(runs.count == 1 ? "is" : "are") not here") }
    differences += missing.filter { !$0.hasSuffix(".rheo") }.map { "\($0): missing" }
  }

  private mutating func compare(_ before: [Summary.Variant], _ after: [Summary.Variant]) {
    guard before.map(\.name) == after.map(\.name) else {
      differences.append("the variants are others: \(after.map(\.name).joined(separator: ", "))")
      return
    }
    var never = Set<String>()
    for (old, new) in zip(before, after) {
      let numbers = Dictionary(uniqueKeysWithValues: new.measured.map { ($0.name, $0) })
      for number in old.measured {
        guard Repeatability(word: number.repeats) != .never else {
          never.insert(number.name)
          continue
        }
        guard let other = numbers[number.name], other.perSeed.count == number.perSeed.count else {
          differences.append("\(old.name): “\(number.name)” is no longer measured")
          continue
        }
        for (seed, (was, isNow)) in zip(number.perSeed, other.perSeed).enumerated() {
          compared += 1
          if !Repeatability(word: number.repeats).allows(was, isNow) {
            let words = [was, isNow].map { $0.map { "\($0)" } ?? "nothing" }
            differences.append("\(old.name), seed \(seed): \(number.name) was \(words[0]) and is \(words[1])")
          }
        }
      }
    }
    if !never.isEmpty {
      notes.append("not compared, since each run differs: \(never.sorted().joined(separator: ", "))")
    }
  }

  private mutating func compare(_ before: [Summary.Claim], _ after: [Summary.Claim]) {
    let verdicts = Dictionary(after.map { ($0.statement, $0.verdict) }) { first, _ in first }
    for claim in before {
      let verdict = verdicts[claim.statement] ?? "no longer claimed"
      if verdict != claim.verdict { differences.append("“\(claim.statement)”: was \(claim.verdict), is \(verdict)") }
    }
  }
}

extension Repeatability {
  /// Whether a number may have come out so when it was measured again.
  fileprivate func allows(_ was: Double?, _ isNow: Double?) -> Bool {
    guard let was, let isNow else { return was == nil && isNow == nil }
    if was.isNaN && isNow.isNaN || was == isNow { return true }
    guard case .within(let share) = self else { return self == .never }
    return abs(was - isNow) <= share * max(abs(was), abs(isNow))
  }
}
