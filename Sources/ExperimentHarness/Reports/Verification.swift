import Foundation
import Rheoscope
import Support

/// The comparison of recorded results with a new run of the same experiment.
package struct Verification: Sendable {
  /// What differs, one line each.
  package private(set) var differences: [String] = []
  /// What could not be compared and why, one line each.
  package private(set) var notes: [String] = []
  /// How many numbers were compared.
  package private(set) var compared = 0

  /// Runs the experiment whose results are in a folder again, with the settings of its manifest, in a temporary folder, and compares
  /// the hashes of files, the measured numbers, and the verdicts. `data` is the folder of the data set, by default that of the
  /// manifest.
  ///
  /// Numbers must be the same bit for bit, or within the difference that the experiment allows. Another processor or version may sum
  /// in another order, so then only verdicts are compared. Throws an `ExperimentError` where the folder holds no results that this
  /// version can run again.
  package init(
    ofResultsIn folder: String, of experiments: [Experiment], data: String? = nil, jobs: Int? = nil, console: Console
  ) throws {
    try Publication.completeAll(in: folder)
    let path = "\(folder)/manifest.json"
    let manifest = try Manifest(path: path), before = try Summary(path: "\(folder)/summary.json")
    guard let experiment = experiments.first(where: { $0.name == manifest.experiment }) else {
      throw ExperimentError.unknownRecord(path: path, problem: "there is no experiment “\(manifest.experiment)”")
    }
    guard let profile = Profile(rawValue: manifest.profile) else {
      throw ExperimentError.unknownRecord(path: path, problem: "there is no profile “\(manifest.profile)”")
    }
    let settings = try experiment.settings(in: profile, recorded: manifest.settings, at: path)
    try before.check(against: manifest, at: "\(folder)/summary.json")
    checkFiles(of: manifest, in: folder)

    let temporary: TemporaryFolder
    do { temporary = try TemporaryFolder() } catch {
      throw ExperimentError.notWritable(path: NSTemporaryDirectory(), error.code)
    }
    defer { temporary.remove() }
    let output = temporary.path + "/results"
    var options = RunOptions(
      profile: profile, threads: manifest.threads, data: data ?? manifest.dataFolder, output: output,
      command: manifest.command)
    options.jobs = jobs ?? options.jobs
    try experiment.run(settings, options, console: console)
    let after = try Summary(path: "\(output)/summary.json"), current = try Manifest(path: "\(output)/manifest.json")
    if manifest.dataHash != current.dataHash { differences.append("the data set differs: its hash has changed") }
    let hasOtherProducts = manifest.bfloat16Products.map { $0 != current.bfloat16Products } ?? false
    let origins = [
      manifest.processor == current.processor ? nil : "processor (\(manifest.processor))",
      manifest.version == current.version ? nil : "version (\(manifest.version))",
      hasOtherProducts ? "way to multiply bfloat16 (\(manifest.bfloat16Products ?? "?"))" : nil,
    ].compactMap { $0 }
    if origins.isEmpty {
      compare(before.variants, after.variants)
    } else {
      notes.append(
        "only verdicts are compared: the results are from another \(origins.joined(separator: " and ")), which may round "
          + "differently")
    }
    compare(
      before.claims + (before.disagreements ?? []), after.claims + (after.disagreements ?? []),
      hasOtherProducts: hasOtherProducts)
  }

  private mutating func checkFiles(of manifest: Manifest, in folder: String) {
    var missing: [String] = []
    for (file, hash) in manifest.files.sorted(by: { $0.key < $1.key }) {
      guard let data = try? InputFile(path: "\(folder)/\(file)").contents() else {
        missing.append(file)
        continue
      }
      if digest(of: Data(data)) != hash { differences.append("\(file): changed since it was written") }
    }
    let runs = missing.count { $0.hasSuffix(".rheo") }
    if runs > 0 { notes.append("\(runs) run file\(runs == 1 ? " is" : "s are") missing") }
    differences += missing.filter { !$0.hasSuffix(".rheo") }.map { "\($0): missing" }
  }

  private mutating func compare(_ before: [VariantRecord], _ after: [VariantRecord]) {
    guard before.map(\.name) == after.map(\.name) else {
      differences.append("the variants differ; now they are \(after.map(\.name).joined(separator: ", "))")
      return
    }
    var never = Set<String>()
    for (old, new) in zip(before, after) {
      let numbers = Dictionary(uniqueKeysWithValues: new.measured.map { ($0.name, $0) })
      for number in old.measured {
        guard Repeatability(recorded: number.repeats) != .never else {
          never.insert(number.name)
          continue
        }
        guard let other = numbers[number.name], other.perSeed.count == number.perSeed.count else {
          differences.append("\(old.name): “\(number.name)” is no longer measured")
          continue
        }
        for (seed, (recorded, measured)) in zip(number.perSeed, other.perSeed).enumerated() {
          compared += 1
          if !Repeatability(recorded: number.repeats).allows(recorded, measured) {
            let texts = [recorded, measured].map { $0.map { "\($0)" } ?? "nothing" }
            differences.append("\(old.name), seed \(seed), \(number.name): recorded \(texts[0]), now \(texts[1])")
          }
        }
      }
    }
    if !never.isEmpty {
      notes.append("not compared, since they differ in each run: \(never.sorted().joined(separator: ", "))")
    }
  }

  /// Compares verdicts. A claim that is judged only where bfloat16 is multiplied in one of two ways is a note.
  private mutating func compare(_ before: [ClaimRecord], _ after: [ClaimRecord], hasOtherProducts: Bool) {
    let verdicts = Dictionary(after.map { ($0.statement, $0.verdict) }) { first, _ in first }
    for claim in before {
      let verdict = verdicts[claim.statement] ?? "no longer claimed"
      guard verdict != claim.verdict else { continue }
      let change = "“\(claim.statement)”: recorded \(claim.verdict), now \(verdict)"
      let notJudged = Verdict.notJudged("").name
      if hasOtherProducts, [claim.verdict, verdict].contains(notJudged) {
        notes.append(change)
      } else {
        differences.append(change)
      }
    }
  }
}

extension Repeatability {
  /// Whether a repeated trial may measure a value where an earlier one recorded another.
  fileprivate func allows(_ recorded: Double?, _ measured: Double?) -> Bool {
    guard let recorded, let measured else { return recorded == nil && measured == nil }
    if recorded.isNaN && measured.isNaN || recorded == measured { return true }
    guard case .within(let share) = self else { return self == .never }
    return abs(recorded - measured) <= share * max(abs(recorded), abs(measured))
  }
}
