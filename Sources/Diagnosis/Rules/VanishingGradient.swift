import RunFile
import Support

/// Fires when the gradient at the first step shrinks by more than a factor of 1000 from the last point of its profile to the first, or is
/// exactly zero at a point, and the loss does not go down or weights do not move. A net that learns in spite of a slope has no fault.
struct VanishingGradientRule: Rule {
  let name = "vanishing gradient"

  /// The fitted ratio of the first point to the last below which the gradient counts as vanished.
  static let ratioLimit = 1e-3

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let profile = evidence.profile, profile.points.count >= 3 else { return [] }
    let unit = profile.axis.unit
    let zeros = profile.points.filter { $0.value == 0 }
    var observations: [String] = []
    var measured = 1.0
    if let ratio = evidence.fittedRatio, let factor = profile.factor {
      measured = ratio
      if ratio < Self.ratioLimit {
        observations.append(
          "is multiplied by \(formatPlain(factor)) per \(unit) in the backward pass, and reaches the first \(unit) at "
            + "\(formatPlain(ratio)) of its size at the last")
      }
    }
    if !zeros.isEmpty {
      measured = 0
      observations.append("is exactly 0 in \(counted(zeros.count, unit))")
    }
    guard !observations.isEmpty else { return [] }

    let unmoved = try evidence.unmovedWeights()
    var consequences = evidence.isStuck ? ["the loss does not go down"] : []
    if !unmoved.paths.isEmpty {
      let matrices = counted(unmoved.count, "weight matrix", plural: "weight matrices")
      consequences.append("\(unmoved.paths.count) of \(matrices) do not move")
    }
    guard !consequences.isEmpty else { return [] }
    return [
      Finding(
        severity: evidence.isStuck || unmoved.paths.count * 2 > unmoved.count ? .failure : .warning, rule: name,
        statement:
          "the gradient \(observations.joined(separator: " and ")); \(consequences.joined(separator: ", and "))",
        sites: evidence.paths(zeros.isEmpty ? evidence.profileSites : zeros.flatMap(\.sites)),
        steps: profile.step...profile.step, measured: measured, limit: Self.ratioLimit,
        cause:
          "each layer multiplies the gradient by less than 1: saturating activations, or weights too small for their "
          + "activation" + (zeros.isEmpty ? "" : "; or a layer passes none on: dead ReLUs, or weights of zero"),
        remedy: "ReLU with He initialization, residual connections, or normalization",
        source: "Hochreiter 1991; Glorot and Bengio 2010; limit after AUTOTRAINER (ICSE 2021)")
    ]
  }
}
