import Foundation

/// What `summary.json` holds. JSON has no NaN and no infinities; they are the strings "NaN", "Infinity" and "-Infinity".
private struct Summary: Encodable {
  struct Variant: Encodable {
    let name, title: String
    let finalLoss, testAccuracy: [Double]
    let gradientFactor: [Double?]
    let predictedGradientFactor: Double?
  }
  struct Claim: Encodable {
    let statement, source, verdict: String
    let reason: String?
    let measured: Double?
    let measuredPerSeed: [Double]
    let expectedLowest, expectedHighest: Double
  }
  let experiment, question: String
  let settings: Settings
  let variants: [Variant]
  let claims: [Claim]
}

extension Results {
  func writeSummary(to path: String) throws {
    let variants = experiment.variants.map { variant in
      let trials = trials(of: variant)
      return Summary.Variant(
        name: variant.name, title: variant.title, finalLoss: trials.map(\.finalLoss),
        testAccuracy: trials.map(\.testAccuracy), gradientFactor: trials.map(\.gradientFactor),
        predictedGradientFactor: variant.predictedGradientFactor(settings))
    }
    let claims = judgements.map { judgement in
      let (verdict, reason) = judgement.verdict.words
      return Summary.Claim(
        statement: judgement.statement, source: judgement.source, verdict: verdict, reason: reason,
        measured: judgement.measured, measuredPerSeed: judgement.perSeed, expectedLowest: judgement.lowest,
        expectedHighest: judgement.highest)
    }
    try write(
      Summary(
        experiment: experiment.name, question: experiment.question, settings: settings, variants: variants,
        claims: claims),
      to: path)
  }
}

extension Verdict {
  fileprivate var words: (verdict: String, reason: String?) {
    switch self {
    case .holds: ("holds", nil)
    case .fails: ("fails", nil)
    case .notJudged(let reason): ("not judged", reason)
    }
  }
}

/// What `manifest.json` holds: all it takes to make the results again.
struct Manifest: Encodable {
  let experiment, command, version, system, processor, dataHash, dataFolder: String
  let settings: Settings
  let seeds: [Int]
  let jobs, threads: Int
  let seconds: Double

  init(_ results: Results, _ options: RunOptions, _ provenance: Provenance, seconds: Double) {
    experiment = results.experiment.name
    command = provenance.command
    version = provenance.version
    system = provenance.system
    processor = provenance.processor
    dataHash = provenance.dataHash
    dataFolder = options.data
    settings = results.settings
    seeds = Array(0..<results.settings.seeds)
    jobs = options.jobs
    threads = options.threads
    self.seconds = (seconds * 100).rounded() / 100
  }

  func write(to path: String) throws { try Experiments.write(self, to: path) }
}

private func write(_ value: some Encodable, to path: String) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  try (encoder.encode(value) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path))
}
