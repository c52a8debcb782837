import RunFile
import Support

/// Fires when the gradient loses more than three decades from the last weighted layer to the first at the start, or arrives
/// somewhere as exact zero, and the loss does not go down or layers stand still. A slope alone is no fault: nets learn in
/// spite of mild ones.
struct VanishingGradient: Rule {
  let name = "vanishing gradient"

  /// The ratio of the first weighted layer's gradient to the last's, fitted, below which it counts as vanished.
  static let ratioLimit = 1e-3

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let start = evidence.start else { return [] }
    let profile = evidence.profile(start)
    guard profile.count >= 3 else { return [] }
    let zeros = evidence.weighted.filter { evidence.gradients[$0, start] == 0 }
    var observations: [String] = []
    var measured = 1.0
    if let fit = GeometricFit(interiorOf: profile) {
      measured = fit.value(at: profile[0].depth) / fit.value(at: profile[profile.count - 1].depth)
      if measured < Self.ratioLimit {
        observations.append(
          "shrinks by ×\(rounded(fit.factorPerLayer)) a layer, to \(rounded(measured)) of its size at the first layer")
      }
    }
    if !zeros.isEmpty {
      measured = 0
      observations.append("is exactly 0 in \(counted(zeros.count, "layer"))")
    }
    guard !observations.isEmpty else { return [] }

    let still = try evidence.standingStill()
    var consequences = evidence.isStuck ? ["the loss does not go down"] : []
    if !still.isEmpty {
      consequences.append("the weights of \(still.count) of \(counted(evidence.weighted.count, "layer")) stand still")
    }
    guard !consequences.isEmpty else { return [] }
    let step = evidence.gradients.steps[start]
    return [
      Finding(
        severity: evidence.isStuck || still.count * 2 > evidence.weighted.count ? .failure : .warning, rule: name,
        statement:
          "the gradient \(observations.joined(separator: " and ")); \(consequences.joined(separator: ", and "))",
        sites: evidence.paths(zeros.isEmpty ? evidence.weighted : zeros), steps: step...step, measured: measured,
        limit: Self.ratioLimit,
        cause:
          "each layer multiplies the gradient by less than 1: saturating activations, or weights too small for their "
          + "activation" + (zeros.isEmpty ? "" : "; or a layer passes none on: dead ReLUs, or weights of zero"),
        remedy: "ReLU with He initialization, residual connections, or normalization",
        source: "Hochreiter 1991; Glorot and Bengio 2010; limit after AUTOTRAINER (ICSE 2021)")
    ]
  }
}
