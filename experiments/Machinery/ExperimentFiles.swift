import Foundation
import Rheoscope

/// The files that say what was measured (summary.json) and how (manifest.json).
///
/// JSON has no NaN and no infinity: such a number is written as the string "NaN", "Infinity" or "-Infinity".
struct ExperimentFiles {
  let run: ExperimentRun
  let results: Results
  let claims: [Claim]
  let data: FashionMNIST
  let started: String

  private struct Summary: Encodable {
    struct Variant: Encodable {
      let name: String
      let summary: String
      let finalLoss: [Double]
      let testAccuracy: [Double]
      let gradientFactor: [Double?]
      let predictedGradientFactor: Double?
    }

    struct ClaimRecord: Encodable {
      let statement: String
      let measured: [Double]
      let expected: [Double]
      let source: String
      let verdict: Claim.Verdict
    }

    let experiment: String
    let question: String
    let settings: Settings
    let variants: [Variant]
    let claims: [ClaimRecord]
  }

  private struct Manifest: Encodable {
    struct File: Encodable {
      let path: String
      let bytes: Int
      let fnv1a: String
    }

    let command: String
    let version: String
    let started: String
    let finished: String
    let processor: String
    let jobs: Int
    let threads: Int
    let settings: Settings
    let data: String
    let dataHash: String
    let files: [File]
  }

  /// Writes both files beside the pictures and returns their paths.
  func write(beside pictures: [String]) throws -> [String] {
    let summary = Summary(
      experiment: run.experiment.name, question: run.experiment.question, settings: results.settings,
      variants: run.experiment.variants.map { variant in
        let trials = results.of(variant.name)
        return .init(
          name: variant.name, summary: variant.summary, finalLoss: trials.map(\.finalLoss), testAccuracy: trials.map(\.testAccuracy),
          gradientFactor: trials.map(\.gradientFactor), predictedGradientFactor: results.prediction(variant.name))
      },
      claims: claims.map {
        .init(
          statement: $0.statement, measured: $0.measured, expected: [$0.expected.lowerBound, $0.expected.upperBound],
          source: $0.source, verdict: $0.verdict)
      })
    let summaryPath = "\(run.output)/summary.json"
    try write(summary, to: summaryPath)
    let files = (pictures + [summaryPath] + results.trials.map(\.runPath)).map { path -> Manifest.File in
      let bytes = (try? Data(contentsOf: URL(filePath: path))) ?? Data()
      let relative = path.hasPrefix(run.output + "/") ? String(path.dropFirst(run.output.count + 1)) : path
      return .init(path: relative, bytes: bytes.count, fnv1a: hash(bytes))
    }
    let manifest = Manifest(
      command: run.command, version: run.version, started: started, finished: timestamp(), processor: processorName(),
      jobs: run.jobs, threads: run.threads, settings: results.settings, data: "Fashion-MNIST", dataHash: data.hash, files: files)
    let manifestPath = "\(run.output)/manifest.json"
    try write(manifest, to: manifestPath)
    return [summaryPath, manifestPath]
  }

  private func write(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do { try (encoder.encode(value) + Data("\n".utf8)).write(to: URL(filePath: path), options: .atomic) } catch is CocoaError {
      throw ExperimentError.outputNotWritable(path: run.output)
    }
  }

  /// FNV-1a, 64 bits: tells a changed file, not a forged one.
  private func hash(_ data: Data) -> String {
    let hash = data.withUnsafeBytes { $0.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }
    return String(hash, radix: 16)
  }
}
