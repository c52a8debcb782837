import RunFile
import Support

/// Fires when the gradient noise scale is far above the batch size, and the net learns less than it could.
struct GradientNoiseTooHighRule: Rule {
  let name = "gradient noise too high"
  let principle =
    "Compares the gradient noise scale, the batch size at which noise and gradient are equally large, with the "
    + "batch size. Far above it a step follows almost nothing but noise."
  let source = "McCandlish et al. 2018, arXiv:1812.06162"
  var limits: [RuleLimit] {
    [
      RuleLimit("noise scale over the batch size", .above, Self.ratioLimit, "×")
    ]
  }

  /// The noise scale over the batch size.
  static let ratioLimit = 100.0

  func missing(in evidence: RunEvidence) -> [MissingRecord] {
    evidence.struggles && (try? evidence.run.measures(.gradientNoiseScale))?.isEmpty != false ? [.gradientNoise] : []
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.struggles, let batch = evidence.batchSize, batch > 0 else { return [] }
    let scales = try evidence.run.measures(.gradientNoiseScale).filter { $0.site == nil && !$0.value.isNaN }
    guard scales.count >= 3 else { return [] }
    let scale = median(scales.map(\.value)), ratio = scale / Double(batch)
    guard ratio > Self.ratioLimit else { return [] }
    return found(
      .warning,
      "the gradient noise scale is \(formatPlain(scale)) samples, \(formatPlain(ratio)) times the batch of \(batch)",
      steps: scales[0].step...scales.last!.step, measured: ratio, limit: Self.ratioLimit, unit: "batches",
      cause: "the gradient of a batch is almost all noise",
      remedies: [
        "batches of \(scale.isFinite ? oneDigit(min(scale / 10, 65_536)) : "ten times as many") samples",
        evidence.learningRate.map { "a learning rate of \(oneDigit($0 / 10)) instead of \(formatShortest($0))" }
          ?? "a tenth of the learning rate",
      ],
      chart: "gradient-noise",
      trial: evidence.learningRate.map { .learningRate(oneDigitNumber($0 / 10)) })
  }
}
