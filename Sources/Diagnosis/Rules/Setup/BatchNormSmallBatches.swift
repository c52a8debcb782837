import RunFile
import Support

/// Fires when batch normalization computes its statistics from few values per channel, and the loss on other samples is far above that of
/// training. With one value per channel its output does not depend on the input.
struct BatchNormSmallBatchesRule: Rule {
  let name = "batch norm with small batches"
  let stage = RuleStage.setup
  let principle =
    "Counts the values per channel from which batch normalization computes mean and variance. Statistics of few "
    + "values are noise, so with running statistics the loss on other samples is far above that of training."
  let source = "Ioffe 2017, arXiv:1702.03275; Wu and He 2018, arXiv:1803.08494"
  var limits: [RuleLimit] {
    [
      RuleLimit("values per channel", .atMost, Double(Self.valueLimit), "values"),
      RuleLimit("loss on other samples over that of training", .above, Self.lossLimit, "×"),
      RuleLimit("the same, with few values per channel", .above, Self.fewLimit, "×"),
      RuleLimit("few values per channel", .atMost, Double(Self.fewValues), "values"),
    ]
  }

  /// The number of values per channel up to which statistics are too noisy: 8.
  static let valueLimit = 8
  /// The loss on other samples over that of training: 5. Overfitting alone gives less while batch norm with few values adds noise.
  static let lossLimit = 5.0
  /// With four values per channel or fewer: 1.5.
  static let fewLimit = 1.5, fewValues = 4

  func missing(in evidence: RunEvidence) -> [MissingRecord] {
    sites(evidence).isEmpty || evidence.otherLosses != nil ? [] : [.validationLoss]
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let small = sites(evidence)
    guard let fewest = small.map({ evidence.valuesPerChannel($0) }).min(),
      evidence.loss.state != .tooShort || fewest == 1
    else {
      return []
    }
    let training = evidence.loss.last, other = evidence.otherLosses?.last?.value
    let ratio = other.map { $0 / training }
    let isWorse = ratio.map { $0 > (fewest <= Self.fewValues ? Self.fewLimit : Self.lossLimit) } ?? false
    let severity: Finding.Severity =
      fewest == 1 || evidence.isStuck
      ? .failure
      : isWorse || evidence.struggles || fewest <= Self.fewValues && evidence.isHigh ? .warning : .note
    return found(
      severity,
      "\(counted(small.count, "batch norm layer")) \(small.count == 1 ? "has" : "have") \(counted(fewest, "value")) per channel in a batch"
        + (fewest == 1 ? ", so that the output is the same for all inputs" : "")
        + (isWorse
          ? "; in evaluation mode the loss is \(formatPlain(other!)), in training \(formatPlain(training))" : ""),
      sites: small.map(\.path), steps: evidence.allSteps, measured: Double(fewest), limit: Double(Self.valueLimit),
      unit: "values per channel",
      cause:
        "mean and variance of so few values are noise; the running statistics of evaluation mode are not those that the net was trained with",
      remedies: [
        "LayerNorm(\(small[0].shape.last ?? 1)) in place of \(small[0].path): it normalizes each sample by itself",
        "batches of 32 samples or more",
      ],
      chart: "loss", trial: .layerNorm)
  }

  private func sites(_ evidence: RunEvidence) -> [Site] {
    let evaluated = evidence.modules(.evaluationMode)
    return evidence.run.sites.filter {
      $0.kind.rawValue.hasPrefix("BatchNorm") && evidence.valuesPerChannel($0) <= Self.valueLimit
        && !evaluated.contains($0.module)
    }
  }
}
