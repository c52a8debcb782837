import RunFile
import Support

/// Fires when almost all outputs of a ReLU are zero from the first recorded step to the last; at initialization about half of them are.
struct DeadReLURule: Rule {
  let name = "dead units"
  let principle =
    "Counts the zeros in the outputs of each ReLU from the first recorded step to the last. At initialization about "
    + "half are zeros; where almost all are, no gradient passes to the layers before."
  let source = "Maas, Hannun and Ng 2013; Lu et al. 2019, arXiv:1903.06733"
  var limits: [RuleLimit] {
    [
      RuleLimit("zeros", .above, Self.zeroLimit, "of the outputs"),
      RuleLimit("recorded steps in which they are", .atLeast, Double(Self.shortestWindow), "steps"),
    ]
  }

  /// A ReLU whose share of zeros is above this counts as dead.
  static let zeroLimit = 0.95
  /// The smallest number of recorded steps in which the share of zeros must be above the limit, since one batch proves little.
  static let shortestWindow = 10

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missing(.zeroFraction, .activations) }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let dead = evidence.deadSites.filter(\.isFromStart)
    guard !dead.isEmpty, evidence.loss.state != .nonfinite else { return [] }
    return found(
      evidence.isStuck ? .failure : evidence.isHigh || evidence.loss.constantLoss == nil ? .warning : .note,
      evidence.deadStatement(dead) + " from the first step on",
      sites: evidence.paths(dead.map(\.site)), steps: dead.map(\.since).min()!...dead.map(\.until).max()!,
      measured: dead.map(\.least).min()!, limit: Self.zeroLimit, unit: "of outputs",
      cause:
        "their inputs are negative for almost all examples from the beginning, so no gradient passes: weights or biases before them are "
        + "negative, or there are too few units",
      remedies: [
        "the initializer .heNormal, of variance 2 / inputs, with biases of 0, before “\(evidence.run.sites[dead[0].site].path)”",
        "LeakyReLU in place of ReLU", "more units per layer",
      ],
      chart: "dead-and-saturated",
      trial: .initializer(.heNormal))
  }
}
