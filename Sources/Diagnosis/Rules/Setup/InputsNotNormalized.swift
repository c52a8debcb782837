import Foundation
import RunFile
import Support

/// Fires when inputs are far from mean 0 and standard deviation 1, or some features vary far more than others. It is a fault where the net
/// learns less than it could, or where the scale of the inputs reaches the first losses; token indices don't count.
struct InputsNotNormalizedRule: Rule {
  let name = "inputs not normalized"
  let stage = RuleStage.setup
  let principle =
    "Measures mean, standard deviation and spread of the inputs. Initializers assume mean 0 and standard deviation "
    + "1; inputs far from that make gradients of the first layer far too large or too small."
  let source = "LeCun et al. 1998, Efficient BackProp; UMLAUT (CHI 2021)"
  var limits: [RuleLimit] {
    [
      RuleLimit("|mean| or standard deviation of the inputs", .above, Self.largeLimit),
      RuleLimit("the same where the final loss is below half of that of a constant output", .above, Self.hugeLimit),
      RuleLimit("standard deviation of the inputs", .below, Self.smallLimit),
      RuleLimit("largest over the middle standard deviation of features", .above, Self.spreadLimit, "×"),
      RuleLimit("first loss over that of a constant output", .above, Self.lossLimit, "×"),
    ]
  }

  /// |mean| and standard deviation of all elements: 5.
  static let largeLimit = 5.0
  /// The same from which on a loss above 30 % of that of a constant output is a fault, below it one above half: 30.
  static let hugeLimit = 30.0
  /// The standard deviation below which inputs are too small: 0.01.
  static let smallLimit = 0.01
  /// The largest over the median standard deviation of features: 100.
  static let spreadLimit = 100.0
  /// The first loss over that of a constant output from which on the inputs' scale is seen in it: 3.
  static let lossLimit = 3.0

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingFacts }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let facts = evidence.facts
    guard let std = facts.firstNumber(.std, of: .input), let mean = facts.firstNumber(.mean, of: .input), std.isFinite,
      mean.isFinite,
      facts.number(.isTokens, of: .input) != 1, evidence.loss.state != .tooShort || evidence.hasOutgrown
    else { return [] }
    let spread = facts.firstNumber(.featureSpread, of: .input) ?? 1
    let isLarge = max(std, abs(mean)) > Self.largeLimit, isSmall = std < Self.smallLimit && std > 0
    let isUneven = spread > Self.spreadLimit && spread.isFinite
    guard isLarge || isSmall || isUneven else { return [] }
    let first = evidence.run.steps.first?.loss ?? .nan
    let isSeen = isLarge && evidence.loss.constantLoss.map { first > Self.lossLimit * $0 } ?? false
    // A value that is not finite has a cause of its own, unless the loss grew before.
    let isUndefined = evidence.loss.state == .nonfinite && !evidence.hasOutgrown
    let severity: Finding.Severity =
      isUndefined
      ? .note
      : evidence.isStuck || evidence.hasOutgrown
        ? .failure
        : isSeen && evidence.loss.last > 0.1 * (evidence.loss.constantLoss ?? 0) || isLarge && evidence.learnsLittle
          || max(std, abs(mean)) > Self.hugeLimit && evidence.isHigh
          || evidence.struggles
          ? .warning : .note
    // Small inputs only slow down learning.
    guard isLarge || severity > .note else { return [] }
    let range = facts.firstNumber(.minimum, of: .input).flatMap { low in
      facts.firstNumber(.maximum, of: .input).map { (low, $0) }
    }
    let described = "mean \(formatPlain(mean)) and standard deviation \(formatPlain(std))"
    let between = range.map { ", between \(formatPlain($0.0)) and \(formatPlain($0.1))" } ?? ""
    let isPixel = range.map { $0.0 >= 0 && $0.1 > 100 && $0.1 <= 255 } ?? false
    return found(
      severity,
      isLarge || isSmall
        ? "inputs have \(described)\(between)" + (isSeen ? "; the first loss is \(formatPlain(first))" : "")
        : "the standard deviation of one input feature is \(formatPlain(spread)) times that of the median feature",
      steps: evidence.allSteps, measured: isLarge ? max(std, abs(mean)) : isSmall ? std : spread,
      limit: isLarge ? Self.largeLimit : isSmall ? Self.smallLimit : Self.spreadLimit,
      unit: isLarge || isSmall ? "" : "×",
      cause: isSmall && !isLarge
        ? "initializers assume inputs of mean 0 and standard deviation 1; the first layer's outputs and gradients are far smaller here"
        : "initializers assume inputs of mean 0 and standard deviation 1; larger or uneven ones make gradients of the first layer large and "
          + "steep in some directions only",
      remedies: [
        isPixel
          ? "divide pixels by 255, subtract their mean \(formatPlain(mean / 255)) and divide by their standard deviation "
            + formatPlain(std / 255)
          : "subtract the mean and divide by the standard deviation of each feature: data.train.standardized()",
        "a LayerNorm as the first layer",
      ],
      chart: "activations",
      trial: .standardizedInputs)
  }
}
