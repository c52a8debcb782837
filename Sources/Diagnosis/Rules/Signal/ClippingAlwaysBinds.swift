import RunFile
import Support

/// Fires when gradients are clipped in almost all steps, by a large factor, and training is slow: the limit, not the gradient, sets the size of
/// steps.
struct ClippingAlwaysBindsRule: Rule {
  let name = "clipping always binds"
  let principle =
    "Compares the norm of the gradients with the limit of clipping. Where almost all steps are clipped by a large "
    + "factor, the limit and not the gradient sets the size of steps."
  let source = "Pascanu, Mikolov and Bengio 2012, arXiv:1211.5063"
  var limits: [RuleLimit] {
    [
      RuleLimit("clipped steps", .above, Self.shareLimit, "of the steps"),
      RuleLimit("mean of the gradient's norm", .above, Self.ratioLimit, "× the limit of clipping"),
    ]
  }

  /// The share of clipped steps.
  static let shareLimit = 0.95
  /// The mean of the gradient's norm over the limit.
  static let ratioLimit = 3.0

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingFacts }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let facts = evidence.facts
    guard let share = facts.number(.clippedShare, of: .model), let ratio = facts.number(.clippingRatio, of: .model),
      share > Self.shareLimit, ratio > Self.ratioLimit, evidence.loss.state != .tooShort,
      evidence.loss.state != .nonfinite
    else { return [] }
    let isSlow =
      evidence.learnsLittle
      || evidence.loss.constantLoss == nil && evidence.loss.last > RunEvidence.halfLimit * evidence.loss.first
    let limit = facts.number(.clippingLimit, of: .model)
    return found(
      evidence.isAdaptive && !evidence.isStuck ? .note : evidence.isStuck ? .failure : isSlow ? .warning : .note,
      "gradients are clipped in \(formatPlain(share * 100)) % of the steps, to 1/\(formatPlain(ratio)) of their norm on average",
      steps: evidence.allSteps, measured: ratio, limit: Self.ratioLimit, unit: "× the limit",
      cause:
        "the limit is far below the usual norm of gradients: it scales every step down and hides how large gradients are",
      remedies: [
        limit.map {
          "a limit of \(oneDigit($0 * ratio * 2)), twice the usual norm, instead of \(formatShortest($0)): optimizer.clipGradients(toNorm: \(oneDigit($0 * ratio * 2)))"
            + (evidence.isAdaptive
              ? ""
              : "; steps become \(formatPlain(ratio)) times as large, so divide the learning rate if the loss then grows")
        }
          ?? "a limit \(oneDigit(ratio * 2)) times as high, so that only rare gradients are clipped",
        "smaller gradients: a mean over the batch in place of a sum, inputs and targets of standard deviation 1, the initializer \(evidence.fittingInitializer)",
      ],
      chart: "weight-gradients",
      trial: limit.map { .clipping(norm: oneDigitNumber($0 * ratio * 2)) })
  }
}
