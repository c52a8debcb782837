import RunFile
import Support

/// Fires when almost all outputs of a ReLU have become zero during a run, and are so over its last tenth.
struct DyingReLURule: Rule {
  let name = "units dying over time"
  let principle =
    "Compares the zeros in the outputs of each ReLU at first with those over the last tenth of the run. A ReLU that "
    + "gives zeros only from some step on was driven there by a step that was too large."
  let source = "Maas, Hannun and Ng 2013; Lu et al. 2019, arXiv:1903.06733"
  var limits: [RuleLimit] {
    [
      RuleLimit("zeros", .above, DeadReLURule.zeroLimit, "of the outputs"),
      RuleLimit("recorded steps in which they are", .atLeast, Double(DeadReLURule.shortestWindow), "steps"),
    ]
  }

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missing(.zeroFraction, .activations) }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let dead = evidence.deadSites.filter { !$0.isFromStart }
    guard !dead.isEmpty, evidence.loss.state != .nonfinite else { return [] }
    let since = dead.map(\.since).min()!
    return found(
      evidence.isStuck ? .failure : evidence.isHigh || evidence.loss.constantLoss == nil ? .warning : .note,
      evidence.deadStatement(dead) + " from step \(since) on",
      sites: evidence.paths(dead.map(\.site)), steps: since...dead.map(\.until).max()!,
      measured: dead.map(\.least).min()!, limit: DeadReLURule.zeroLimit, unit: "of outputs",
      cause: "a step that was too large has made their inputs negative for almost all examples, so no gradient passes",
      remedies: [
        evidence.learningRate.map { "a learning rate of \(oneDigit($0 / 10)) instead of \(formatShortest($0))" }
          ?? "a tenth of the learning rate",
        "LeakyReLU in place of ReLU", "a LayerNorm before the activation",
      ],
      chart: "dead-and-saturated",
      trial: evidence.learningRate.map { .learningRate(oneDigitNumber($0 / 10)) })
  }
}
