import Foundation
import RunFile

/// A stretch of steps over which the loss grows.
struct LossGrowth {
  /// From the smallest loss to the largest.
  let steps: ClosedRange<Int>
  let from, to: Double
  /// The factor of the first of them.
  let firstFactor: Double
  /// Whether it grows in each of at least five steps, to the last one that is finite.
  let isSteady: Bool
  /// `to` over `from`, and the factor per step.
  var ratio: Double { to / from }
  var perStep: Double { pow(ratio, 1 / Double(max(steps.count - 1, 1))) }
  /// The factor at the curvature where the growth begins: later steps lead to where it is larger.
  var initialFactor: Double { min(perStep, firstFactor) }
}

extension RunEvidence {
  /// How the loss grows to its largest finite value, from the smallest before; nil where it does not, or is not above 0.
  var growth: LossGrowth? {
    let finite = Array(run.steps.prefix { $0.loss.isFinite })
    guard let top = finite.indices.max(by: { finite[$0].loss < finite[$1].loss }), top > 0,
      let bottom = finite.indices[..<top].min(by: { finite[$0].loss <= finite[$1].loss }), finite[bottom].loss > 0
    else { return nil }
    let isSteady =
      top == finite.count - 1 && top - bottom >= 5
      && zip(finite[bottom...], finite[(bottom + 1)...]).allSatisfy { $0.loss < $1.loss }
    return LossGrowth(
      steps: finite[bottom].step...finite[top].step, from: finite[bottom].loss, to: finite[top].loss,
      firstFactor: finite[bottom + 1].loss / finite[bottom].loss, isSteady: isSteady
    )
  }

  /// The middle over weights of ‖ΔW‖ / ‖W‖ at the first recorded step; nil without updates.
  var initialUpdate: Double? {
    let updates = weights(.updateNorm), norms = weights(.norm)
    let ratios = updates.parameters.indices.compactMap { row -> Double? in
      guard let column = updates.steps.indices.first(where: { updates[row, $0] != nil }),
        let update = updates[row, column],
        let norm = norms[row, column], norm > 0
      else { return nil }
      return update / norm
    }
    return ratios.isEmpty ? nil : median(ratios)
  }

  private var usesAdaGrad: Bool { optimizers.contains { $0.type == "Adagrad" } }

  /// The middle over weights of the largest ‖ΔW‖ / ‖W‖ of the first ten recorded steps, and the step at which a weight has its largest; nil
  /// without updates.
  var firstUpdate: (ratio: Double, step: Int)? {
    let updates = weights(.updateNorm), norms = weights(.norm)
    var step = Int.max
    let ratios = updates.parameters.indices.compactMap { row -> Double? in
      var found: [(Double, Int)] = []
      for column in updates.steps.indices {
        guard let update = updates[row, column], let norm = norms[row, column], norm > 0, update.isFinite else {
          continue
        }
        found.append((update / norm, updates.steps[column]))
        if found.count == 10 { break }
      }
      // The first steps of AdaGrad are large by its rule, and shrink as 1/√step.
      guard let largest = usesAdaGrad ? found.last : found.max(by: { $0.0 < $1.0 }) else { return nil }
      step = min(step, largest.1)
      return largest.0
    }
    return ratios.isEmpty ? nil : (median(ratios), step)
  }
}
