import Foundation
import Rheoscope
import Support

/// The contents of `summary.json`. JSON has no NaN and no infinities; they are the strings "NaN", "Infinity" and "-Infinity".
struct Summary: Codable {
  let experiment, question: String
  let settings: [String: Double]
  /// The probability that an interval from low to high contains the median over all seeds.
  let intervalCoverage: Double
  let variants: [VariantRecord]
  var claims: [ClaimRecord]
  /// Claims of the literature that the trials don't show; nil in files of versions that had none.
  var disagreements: [ClaimRecord]?

  init(_ results: Results) {
    experiment = results.experiment.name
    question = results.experiment.question
    settings = results.settings.byName
    intervalCoverage = MedianInterval((0..<results.settings.seeds).map(Double.init))!.coverage
    variants = results.variants.map { VariantRecord($0, results) }
    claims = results.judgements.map { ClaimRecord($0) }
    disagreements = results.disagreements.map { ClaimRecord($0.judgement, why: $0.reason) }
  }

  init(path: String) throws { self = try readRecord(path) }

  func write(to path: String) throws { try writeRecord(self, to: path) }
}

/// One variant in `summary.json`.
struct VariantRecord: Codable {
  /// What was measured under one name.
  struct Number: Codable {
    let name: String
    let perSeed: [Double?]
    let median, low, high: Double?
    /// "exactly", "never", or the relative difference that is allowed when the trial is repeated.
    let repeats: String
  }
  let name, title: String
  let measured: [Number]

  init(_ variant: Variant, _ results: Results) {
    let trials = results.trials(of: variant)
    let names = results.names.filter { name in trials.contains { $0.measured[name] != nil } }
    name = variant.name
    title = variant.title
    measured = names.map { name in
      let interval = results.interval(name, of: variant)
      return Number(
        name: name, perSeed: results.values(name, of: variant), median: interval?.median, low: interval?.low,
        high: interval?.high, repeats: trials.compactMap { $0.measured[name] }[0].repeats.recorded)
    }
  }
}

/// One claim in `summary.json`.
struct ClaimRecord: Codable {
  let statement, source, verdict: String
  let reason: String?
  let median, low, high: Double?
  let perSeed: [Double]
  let expectedLowest, expectedHighest: Double
  /// In how many of the seeds it holds; nil where it was not judged.
  let held: Int?
  /// For a claim of the literature, the possible reason why it does not hold here.
  let why: String?
  /// A raw value of `Claim.Kind`; nil in files of versions that had none, as are the following.
  let kind: String?
  /// "interval" or "all seeds", where not each seed decides.
  let judgedBy: String?
  /// What the claim must reject.
  let nulls: [NullRecord]?

  /// What a claim's number is under a null.
  struct NullRecord: Codable {
    let name: String
    let perSeed: [Double]
    let isRejected: Bool?
  }

  init(_ judgement: Judgement, why: String? = nil) {
    statement = judgement.statement
    source = judgement.source
    verdict = judgement.verdict.name
    reason = judgement.verdict.reason
    (median, low, high) = (judgement.interval?.median, judgement.interval?.low, judgement.interval?.high)
    perSeed = judgement.perSeed
    (expectedLowest, expectedHighest) = (judgement.expected.lowest, judgement.expected.highest)
    held = judgement.interval == nil ? nil : judgement.held
    self.why = why
    kind = judgement.kind.rawValue
    judgedBy = judgement.judging.recorded
    nulls = judgement.rejections.map { NullRecord(name: $0.null, perSeed: $0.perSeed, isRejected: $0.isRejected) }
  }
}

extension Claim.Judging {
  /// The form in `summary.json`.
  fileprivate var recorded: String? {
    switch self {
    case .eachSeed: nil
    case .interval: "interval"
    case .allSeeds: "all seeds"
    }
  }

  fileprivate init(recorded text: String?) {
    self = [.interval, .allSeeds].first { $0.recorded == text } ?? .eachSeed
  }
}

extension Judgement {
  /// A judgement as it was recorded.
  init(_ claim: ClaimRecord) {
    let verdicts: [Verdict] = [.holds, .fails, .notShown(claim.reason ?? "?")]
    self.init(
      kind: claim.kind.flatMap { Claim.Kind(rawValue: $0) } ?? .finding, statement: claim.statement,
      perSeed: claim.perSeed, interval: MedianInterval(claim.perSeed),
      expected: Expectation(lowest: claim.expectedLowest, highest: claim.expectedHighest), source: claim.source,
      verdict: verdicts.first { $0.name == claim.verdict } ?? .notJudged(claim.reason ?? "?"),
      judging: Claim.Judging(recorded: claim.judgedBy),
      rejections: (claim.nulls ?? []).map { Rejection(null: $0.name, perSeed: $0.perSeed, isRejected: $0.isRejected) },
      otherSeeds: nil)
  }
}

extension Repeatability {
  /// The form in `summary.json`.
  var recorded: String {
    switch self {
    case .exactly: "exactly"
    case .within(let share): "\(share)"
    case .never: "never"
    }
  }

  init(recorded text: String) { self = text == "exactly" ? .exactly : Double(text).map { .within($0) } ?? .never }
}

/// The contents of `manifest.json`: all that is needed to reproduce the results.
struct Manifest: Codable {
  let experiment, command, version, system, processor, dataFolder: String
  let dataHash: String?
  /// When the experiment ran, in ISO 8601; nil in files of versions that did not record it.
  let date: String?
  let profile: String
  /// How products of bfloat16 were computed, a raw value of `BFloat16Products`; nil in manifests of before it was recorded.
  let bfloat16Products: String?
  let settings: [String: Double]
  let seeds: [Int]
  let jobs, threads: Int
  let seconds: Double
  /// The SHA-256 of each file that was written, by its path in the output folder.
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
    bfloat16Products = BFloat16Products.current.rawValue
    settings = results.settings.byName
    seeds = Array(results.settings.seedNumbers)
    jobs = options.jobs
    threads = options.threads
    self.files = files
    self.seconds = (seconds * 100).rounded() / 100
  }

  init(path: String) throws {
    self = try readRecord(path)
    try check(at: path)
  }

  func write(to path: String) throws { try writeRecord(self, to: path) }
}

/// Writes a value as JSON. Throws an `ExperimentError`.
func writeRecord(_ value: some Encodable, to path: String) throws {
  try write(JSONEncoder.readable.encode(value) + Data("\n".utf8), to: path)
}

/// Writes a whole file at once. Throws an `ExperimentError`.
func write(_ data: Data, to path: String) throws(ExperimentError) {
  do { try AtomicFile.write(data, to: path) } catch { throw .notWritable(path: path, error.code) }
}

/// Reads what `writeRecord` has written; throws an `ExperimentError` where the file is missing or not valid.
func readRecord<Value: Decodable>(_ path: String) throws(ExperimentError) -> Value {
  let data: Data
  do { data = Data(try InputFile(path: path).contents()) } catch {
    throw error.isMissing ? .noRecord(path: path) : .unreadableRecord(path: path, reason: error.reason)
  }
  let decoder = JSONDecoder()
  decoder.nonConformingFloatDecodingStrategy = .convertFromString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  do {
    return try decoder.decodeStrictly(Value.self, from: data)
  } catch {
    throw .brokenRecord(path: path, problem: "\(error)")
  }
}
