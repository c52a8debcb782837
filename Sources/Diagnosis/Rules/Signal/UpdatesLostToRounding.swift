import Foundation
import RunFile
import Support

/// Fires when weights have a gradient and an optimizer that steps, but most of their updates change nothing at all: they are smaller than half the
/// distance of neighbouring numbers.
struct UpdatesLostToRoundingRule: Rule {
  let name = "updates lost to rounding"
  let principle =
    "Counts the steps in which a weight has a gradient but its update is exactly 0. An update below half the "
    + "distance of neighbouring numbers is rounded away."
  let source = "Micikevicius et al. 2018, arXiv:1710.03740"
  var limits: [RuleLimit] {
    [
      RuleLimit("steps without an update", .above, Self.stepShare, "of the recorded steps"),
      RuleLimit("steps of the run", .atLeast, Double(LossCourse.shortestRun), "steps"),
    ]
  }

  /// The share of recorded steps in which a weight's update is exactly 0.
  static let stepShare = 0.5

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingUpdates }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let updates = evidence.weights(.updateNorm), gradients = evidence.weights(.gradientNorm)
    guard evidence.run.steps.count >= LossCourse.shortestRun, (evidence.learningRate ?? 1) > 0,
      evidence.run.steps.contains(where: { ($0.learningRate ?? 1) > 0 })
    else { return [] }
    let rates = Dictionary(evidence.run.steps.map { ($0.step, $0.learningRate ?? 1) }) { $1 }
    let least = LearningRateDecayedRule.rateLimit * (rates.values.max() ?? 0)
    let lost = updates.parameters.indices.filter { row in
      guard !updates.parameters[row].isFrozen, !updates.parameters[row].optimizers.isEmpty else { return false }
      let live = updates.steps.indices.filter { column in
        updates[row, column] != nil && (gradients[row, column] ?? 0) > 0
          && !evidence.skippedSteps.contains(updates.steps[column])
          && (rates[updates.steps[column]] ?? 1) > least
      }
      return live.count >= 5 && Double(live.count { updates[row, $0] == 0 }) > Self.stepShare * Double(live.count)
    }
    guard !lost.isEmpty else { return [] }
    let counts = evidence.facts.json(.optimizerSteps, of: .model, as: [Double].self) ?? [1]
    guard counts.contains(where: { $0 > 0 }) else { return [] }
    let sixteen = evidence.facts.ofSites(.precision).compactMap { fact -> String? in
      if case .text(let text) = fact.fact.value { text } else { nil }
    }.first
    return found(
      evidence.isStuck || lost.count * 2 > updates.parameters.count ? .failure : .warning,
      "\(counted(lost.count, "weight")), \(listed(lost.map { updates.parameters[$0].path })), "
        + "\(lost.count == 1 ? "has" : "have") gradients but updates of exactly 0 in most steps",
      sites: lost.map { updates.parameters[$0].path }, steps: evidence.allSteps,
      measured: Double(lost.count) / Double(updates.parameters.count), limit: 0, unit: "of weights",
      cause: "an update below 2⁻⁹ of a weight in bfloat16, 2⁻¹² in float16 or 2⁻²⁵ in Float32 is rounded away",
      remedies: [
        sixteen.map { "keep weights in Float32 and compute in \($0) only" } ?? "keep weights in Float32",
        evidence.learningRate.map { "a learning rate of \(oneDigit($0 * 100)) instead of \(formatShortest($0))" }
          ?? "a larger learning rate",
      ],
      chart: "updates",
      trial: sixteen == nil ? evidence.learningRate.map { .learningRate(oneDigitNumber($0 * 100)) } : nil)
  }
}
