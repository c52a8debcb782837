import RunFile
import Support

/// Fires when targets of a regression are far larger than the net's outputs, and the loss stays near that of a constant output. A loss that
/// diverges is left to the learning rate, unless the targets make its steps large.
struct TargetScaleRule: Rule {
  let name = "targets of large scale"
  let stage = RuleStage.setup
  let principle =
    "Compares mean and standard deviation of the targets with outputs, which begin near 0. The last layer must "
    + "first grow by that factor, or large errors make the first steps too large."
  let source = "LeCun et al. 1998, Efficient BackProp"
  var limits: [RuleLimit] {
    [
      RuleLimit("|mean| or standard deviation of the targets", .above, Self.scaleLimit),
      RuleLimit("final loss", .above, Self.lossLimit, "of the variance of the targets"),
      RuleLimit("size of the targets from which on a final loss of 0.3 is enough", .above, Self.hugeLimit),
      RuleLimit(
        "first update over the size of the targets, where the loss diverges", .below, Self.updateLimit,
        "of the norm per step"),
    ]
  }

  /// |mean| and standard deviation of targets: 10.
  static let scaleLimit = 10.0
  /// The final loss over the variance of targets above which little was learned: 0.4.
  static let lossLimit = 0.4
  /// The size of targets from which on 0.3 is enough: 30.
  static let hugeLimit = 30.0
  /// What the first step changes of the weights, over the targets' size, above which it would be too large for any targets: 0.25.
  static let updateLimit = 0.25

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let facts = evidence.facts, loss = evidence.loss
    guard evidence.task.kind == .numbers, let std = facts.number(.std, of: .target),
      let mean = facts.number(.mean, of: .target),
      loss.state != .tooShort || evidence.hasOutgrown
    else { return [] }
    let size = max(std, abs(mean)), diverges = loss.state != .flat && loss.state != .falls
    if diverges {
      // The gradient grows with the targets, but the curvature of a single layer does not.
      guard evidence.hasOutgrown, !evidence.hasArithmeticOrigin, evidence.run.sites.count(where: \.isLayer) > 1,
        let update = evidence.initialUpdate, update / size < Self.updateLimit
      else { return [] }
    }
    guard size > Self.scaleLimit, size.isFinite else { return [] }
    let level = loss.constantLoss.map { $0 > 0 ? loss.last / $0 : .infinity } ?? (evidence.isStuck ? .infinity : 0)
    let isFault = diverges || level > (size > Self.hugeLimit ? RunEvidence.highLimit : Self.lossLimit)
    return found(
      isFault ? (evidence.isStuck ? .failure : .warning) : .note,
      "targets have mean \(formatPlain(mean)) and standard deviation \(formatPlain(std)), while outputs begin near 0"
        + (isFault && level.isFinite && !diverges ? "; the loss ends at \(formatPlain(level)) of their variance" : ""),
      steps: evidence.allSteps, measured: size, limit: Self.scaleLimit,
      cause: diverges
        ? "gradients grow with the targets, so the first steps are far larger than they would be for targets near 1"
        : "the last layer must first grow by this factor; with steps of a usual learning rate that takes most of the training",
      remedies: [
        "train on (y − \(formatPlain(mean))) / \(formatPlain(max(std, .leastNormalMagnitude))), and undo this on predictions",
        "set the last layer's bias to the targets' mean, \(formatPlain(mean)), before the first step",
      ],
      chart: "loss",
      trial: .standardizedTargets(mean: mean, deviation: max(std, .leastNormalMagnitude)))
  }
}
