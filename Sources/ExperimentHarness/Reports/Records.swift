import Foundation
import Support

/// What `summary.json` holds. JSON has no NaN and no infinities; they are the strings "NaN", "Infinity" and "-Infinity".
struct Summary: Codable {
  struct Number: Codable {
    let name: String
    let perSeed: [Double?]
    let median, low, high: Double?
    /// "exactly", "never", or the share of itself up to which it comes out again.
    let repeats: String
  }
  struct Variant: Codable {
    let name, title: String
    let measured: [Number]
  }
  struct Claim: Codable {
    let statement, source, verdict: String
    let reason: String?
    let median, low, high: Double?
    let perSeed: [Double]
    let expectedLowest, expectedHighest: Double
    /// In how many of the seeds it is so; nil where it was not judged.
    let held: Int?
    /// What may be the reason why it is not so; nil for a claim of the experiment's own.
    let why: String?

    init(_ judgement: Judgement, why: String? = nil) {
      statement = judgement.statement
      source = judgement.source
      verdict = judgement.verdict.name
      reason = judgement.verdict.reason
      (median, low, high) = (judgement.spread?.median, judgement.spread?.low, judgement.spread?.high)
      perSeed = judgement.perSeed
      (expectedLowest, expectedHighest) = (judgement.expected.lowest, judgement.expected.highest)
      held = judgement.spread == nil ? nil : judgement.held
      self.why = why
    }
  }
  let experiment, question: String
  let settings: [String: Double]
  /// The probability with which an interval from low to high contains the median over all seeds.
  let intervalCoverage: Double
  let variants: [Variant]
  var claims: [Claim]
  /// Claims of the literature's that the trials don't show; nil in summaries of before there were any.
  var disagreements: [Claim]?

  init(_ results: Results) {
    experiment = results.experiment.name
    question = results.experiment.question
    settings = results.settings.byName
    intervalCoverage = MedianInterval((0..<results.settings.seeds).map(Double.init))!.coverage
    variants = results.variants.map { variant in
      let trials = results.trials(of: variant)
      let names = results.names.filter { name in trials.contains { $0.measured[name] != nil } }
      return Variant(
        name: variant.name, title: variant.title,
        measured: names.map { name in
          let spread = results.spread(name, of: variant)
          return Number(
            name: name, perSeed: results.values(name, of: variant), median: spread?.median, low: spread?.low,
            high: spread?.high, repeats: trials.compactMap { $0.measured[name] }[0].repeats.word)
        })
    }
    claims = results.judgements.map { Claim($0) }
    disagreements = results.disagreements.map { Claim($0.judgement, why: $0.why) }
  }

  init(path: String) throws { self = try read(path) }

  func write(to path: String) throws { try ExperimentHarness.write(self, to: path) }
}

extension Judgement {
  /// What became of a claim, as it was recorded.
  init(_ claim: Summary.Claim) {
    let verdicts: [Verdict] = [.holds, .fails, .notShown]
    self.init(
      statement: claim.statement, perSeed: claim.perSeed, spread: MedianInterval(claim.perSeed),
      expected: Expectation(lowest: claim.expectedLowest, highest: claim.expectedHighest), source: claim.source,
      verdict: verdicts.first { $0.name == claim.verdict } ?? .notJudged(claim.reason ?? "?"))
  }
}

extension Repeatability {
  /// As `summary.json` has it.
  fileprivate var word: String {
    switch self {
    case .exactly: "exactly"
    case .within(let share): "\(share)"
    case .never: "never"
    }
  }

  init(word: String) { self = word == "exactly" ? .exactly : Double(word).map { .within($0) } ?? .never }
}

/// What `manifest.json` holds: all it takes to make the results again.
struct Manifest: Codable {
  let experiment, command, version, system, processor, dataFolder: String
  let dataHash: String?
  /// When it was, in ISO 8601; nil in manifests of before it was noted.
  let date: String?
  let profile: String
  let settings: [String: Double]
  let seeds: [Int]
  let jobs, threads: Int
  let seconds: Double
  /// The SHA-256 of each file that was written.
  let files: [String: String]

  init(
    _ results: Results, _ options: RunOptions, _ provenance: Provenance, _ data: SharedData, files: [String: String],
    seconds: Double
  ) {
    experiment = results.experiment.name
    command = provenance.command
    version = provenance.version
    system = provenance.system
    processor = provenance.processor
    dataHash = data.hash
    dataFolder = options.data
    date = options.date.ISO8601Format()
    profile = options.profile.rawValue
    settings = results.settings.byName
    seeds = Array(0..<results.settings.seeds)
    jobs = options.jobs
    threads = options.threads
    self.files = files
    self.seconds = (seconds * 100).rounded() / 100
  }

  init(path: String) throws { self = try read(path) }

  func write(to path: String) throws { try ExperimentHarness.write(self, to: path) }
}

private func write(_ value: some Encodable, to path: String) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  try AtomicFile.write(encoder.encode(value) + Data("\n".utf8), to: path)
}

/// Reads what `write` has written; throws an `ExperimentError` where that is not there.
private func read<Value: Decodable>(_ path: String) throws(ExperimentError) -> Value {
  guard let data = FileManager.default.contents(atPath: path) else { throw .noRecord(path: path) }
  let decoder = JSONDecoder()
  decoder.nonConformingFloatDecodingStrategy = .convertFromString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  do {
    return try decoder.decodeStrictly(Value.self, from: data)
  } catch {
    throw .brokenRecord(path: path, problem: "\(error)")
  }
}
