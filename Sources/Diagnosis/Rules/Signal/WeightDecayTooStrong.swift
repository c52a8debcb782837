import Foundation
import RunFile
import Support

/// Fires when weights shrink to a part of their size under weight decay, and the loss ends near that of a constant output.
///
/// Without gradients ‖W‖ shrinks by the factor 1 − ηλ per step, or 1 − ηλ / (1 − μ) with momentum μ.
struct WeightDecayTooStrongRule: Rule {
  let name = "weight decay too strong"
  let principle =
    "Compares the last norm of the weights with the first. Weights that shrink this much under weight decay while "
    + "the loss stays high lose more in each step than the gradient adds."
  let source = "Krogh and Hertz 1991; Loshchilov and Hutter 2019, arXiv:1711.05101"
  var limits: [RuleLimit] {
    [
      RuleLimit("last norm, the middle over weights", .below, Self.normLimit, "of the first")
    ]
  }

  /// The middle over weights of the last over the first norm below which weights have shrunk.
  static let normLimit = 0.5

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.optimizers.isEmpty ? [.facts] : [] }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let decay = evidence.optimizers.map(\.weightDecay).max() ?? 0
    guard decay > 0, evidence.isHigh,
      evidence.loss.state == .flat || evidence.loss.state == .falls
    else { return [] }
    let norms = evidence.weights(.norm)
    let trained = norms.parameters.indices.filter {
      !norms.parameters[$0].isFrozen && !norms.parameters[$0].optimizers.isEmpty
    }
    let ratios = trained.compactMap { row -> Double? in
      let values = norms.row(row).compactMap { $0 }
      return values.count > 1 && values[0] > 0 ? values.last! / values[0] : nil
    }
    guard !ratios.isEmpty else { return [] }
    let ratio = median(ratios)
    guard ratio < Self.normLimit else { return [] }
    let step =
      norms.steps.indices.first { column in
        trained.contains { row in
          guard let first = norms.row(row).lazy.compactMap({ $0 }).first, let now = norms[row, column] else {
            return false
          }
          return now < Self.normLimit * first
        }
      }.map { norms.steps[$0] } ?? evidence.allSteps.lowerBound
    let steps = Double(max((norms.steps.last ?? 1) - (norms.steps.first ?? 0), 1))
    let settings = evidence.optimizers.first { $0.weightDecay == decay },
      rate = settings?.learningRate ?? evidence.learningRate
    let expected = rate.map { 1 - $0 * decay / (1 - min(settings?.momentum ?? 0, 0.999)) }
    let shown = String(format: "%.6g", decay)
    // So that the decay alone would take a tenth of the norm over the run.
    let better = expected.map { -0.1 / Foundation.log(max($0, 1e-9)) / steps * decay } ?? decay / 100
    return found(
      evidence.isStuck ? .failure : .warning,
      "weights shrink to \(formatPlain(ratio)) of their first norm"
        + (expected.map { "; weight decay \(shown) alone multiplies them by \(formatPlain($0, digits: 5)) per step" }
          ?? "")
        + "; the loss ends at \(formatPlain(evidence.loss.last))"
        + (evidence.loss.constantLoss.map { ", where the best constant output has \(formatPlain($0))" } ?? ""),
      sites: trained.map { norms.parameters[$0].path }, steps: step...max(step, evidence.allSteps.upperBound),
      measured: ratio,
      limit: Self.normLimit, unit: "of the first norm",
      cause: "weight decay takes more from the weights in each step than the gradient adds",
      remedies: [
        "a weight decay of \(oneDigit(better)) instead of \(shown)"
          + (expected == nil ? "" : ": alone it takes a tenth of the weights over the run")
      ],
      chart: "update-ratio",
      trial: .weightDecay(oneDigitNumber(better)))
  }
}
