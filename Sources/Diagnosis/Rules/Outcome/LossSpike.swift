import RunFile
import Support

/// Fires when the loss of one or a few steps is far above all others around them. It is a note where the loss falls back.
struct LossSpikeRule: Rule {
  let name = "loss spike"
  let stage = RuleStage.outcome
  let principle =
    "Compares the loss of each step with the largest of the steps before and after it. One far above all of them "
    + "shows an unusual batch, or a step that was too large."
  let source = "Molybog et al. 2023, arXiv:2304.09871"
  var limits: [RuleLimit] {
    [
      RuleLimit("loss over the largest of the steps around it", .above, Self.ratioLimit, "×"),
      RuleLimit("distance of the steps that are compared", .atMost, Double(Self.around), "steps"),
      RuleLimit("length of a spike", .atMost, Double(Self.longest), "steps"),
    ]
  }

  /// The loss over the largest of the steps around it.
  static let ratioLimit = 5.0
  /// The number of steps on each side with which it is compared, and that a spike may last.
  static let around = 100, longest = 10

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let steps = evidence.run.steps, losses = steps.map(\.loss)
    guard losses.count > 2 * Self.longest, !evidence.isAdversarial else { return [] }
    let usual = median(losses.filter(\.isFinite))
    var best: (index: Int, ratio: Double)?
    // Only losses above all of those around them can be spikes, so few are compared.
    for index in losses.indices.dropFirst(Self.longest).dropLast()
    where losses[index].isFinite && losses[index] > Self.ratioLimit * usual {
      let before = losses[max(0, index - Self.around)..<(index - Self.longest / 2)]
      let after = losses[min(index + Self.longest, losses.count)..<min(index + Self.around, losses.count)]
      guard before.count >= Self.longest / 2, !after.isEmpty, let top = (before + after).max(), top > 0, top.isFinite
      else { continue }
      let ratio = losses[index] / top
      if ratio > Self.ratioLimit, ratio > best?.ratio ?? 0 { best = (index, ratio) }
    }
    guard let best else { return [] }
    let step = steps[best.index].step
    let end = losses.indices[best.index...].first { losses[$0] < 2 * usual }.map { steps[$0].step } ?? step
    return found(
      evidence.isStuck ? .warning : .note,
      "the loss of step \(step) is \(formatPlain(losses[best.index])), \(formatPlain(best.ratio)) times the largest of the \(Self.around) steps around it",
      steps: step...max(step, end), measured: best.ratio, limit: Self.ratioLimit, unit: "×",
      cause: "an unusual batch, or a step that was too large just before",
      remedies: [
        "read the batch of step \(step) for wrong values or labels",
        "clip gradients between backward() and step(): optimizer.clipGradients(toNorm: 1)",
      ],
      chart: "loss", trial: .clipping(norm: 1))
  }
}
