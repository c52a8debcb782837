import Foundation
import RunFile
import Support

/// Fires before training where the gradient shrinks or grows so much from layer to layer that some layers will not learn.
///
/// A net whose gradient is multiplied by √χ per layer has the depth scale ξ = 1 / |ln χ|, and trains up to about 6 ξ layers.
struct GradientAtStartRule: Rule {
  let name = "gradient at the start"
  let principle =
    "Compares the gradient of each layer with that of the last one before training. A net whose gradient is "
    + "multiplied by √χ per layer has the depth scale ξ = 1 / |ln χ|, and trains up to about 6 ξ layers."
  let source = "Schoenholz et al. 2017, arXiv:1611.01232"
  var limits: [RuleLimit] {
    [
      RuleLimit("gradient of a layer", .below, Self.ratioLimit, "of the last one's"),
      RuleLimit("gradient of a layer", .above, 1 / Self.ratioLimit, "of the last one's"),
      RuleLimit("depth of a net that trains", .atMost, Self.depthScales, "depth scales"),
    ]
  }

  /// The gradient of a layer over that of the last one below which the layer does not learn: 1/1000; above 1000 it explodes.
  static let ratioLimit = 1e-3
  /// How many depth scales a net may be deep.
  static let depthScales = 6.0

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missing(.gradientRMS, .gradients) }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let profile = evidence.profile, let last = profile.points.last, profile.points.count > 1 else { return [] }
    let unit = profile.axis.unit, total = profile.points.count
    let zero = profile.points.filter { $0.value == 0 }
    if !zero.isEmpty {
      let sites = evidence.paths(zero.flatMap(\.sites))
      // A last layer of zeros passes none on in the first step only.
      let head = evidence.outputLayer.flatMap {
        evidence.facts.text(.initializer, of: .parameter($0.module + ".weight"))
      }
      return found(
        head == "constant 0" && last.value > 0 ? .note : .failure,
        "no gradient at all reaches \(counted(zero.count, unit)) of \(total): \(listed(sites))", sites: sites,
        steps: profile.step...profile.step, measured: 0, limit: Self.ratioLimit, unit: "of the last \(unit)'s",
        cause:
          "something behind \(unit == "layer" ? "these layers" : "these calls") has a slope of exactly 0: dead ReLUs, a softmax over one value, or weights of zero",
        remedies: [
          "find the first site after \(sites.last!) whose gradient is above 0",
          "random weights and biases of 0: model.initialize(seed: 1)",
        ], chart: "gradient-profile")
    }
    guard last.value > 0, last.value.isFinite else { return [] }
    let weak = profile.points.filter { $0.value < Self.ratioLimit * last.value }
    let strong = profile.points.filter { $0.value > last.value / Self.ratioLimit }
    let affected = weak.isEmpty ? strong : weak
    guard !affected.isEmpty else { return [] }
    let isWeak = !weak.isEmpty, sites = evidence.paths(affected.flatMap(\.sites))
    let extreme = affected.map { $0.value / last.value }
    let measured = isWeak ? extreme.min()! : extreme.max()!
    let factor = profile.factor
    let reach = factor.map { Int((Self.depthScales / abs(2 * log($0))).rounded()) }
    let fix = evidence.remediesOfShrinkingGradients
    let grown = [
      "the initializer \(evidence.fittingInitializer), then model.initialize(seed: 1)",
      "residual branches scaled by 1/√L: Residual(…, scale: \(formatPlain(1 / Double(total).squareRoot(), digits: 2)))",
      "clip gradients between backward() and step(): optimizer.clipGradients(toNorm: 1)",
    ]
    return found(
      isWeak && 2 * affected.count <= total ? .warning : .failure,
      (factor.map { "the gradient is multiplied by \(formatPlain($0)) per \(unit) in the backward pass; " } ?? "")
        + "\(affected.count) of \(total) \(unit)s, \(listed(sites)), get \(isWeak ? "less than 1/1000" : "more than 1000 times") of what the last one gets"
        + (reach.map { $0 < total ? "; nets of such \(unit)s train up to about \($0)" : "" } ?? ""),
      sites: sites, steps: profile.step...profile.step, measured: measured,
      limit: isWeak ? Self.ratioLimit : 1 / Self.ratioLimit,
      unit: "of the last \(unit)'s",
      cause: isWeak
        ? "each \(unit) multiplies the gradient by less than 1, so the first ones hardly change while the last ones learn"
        : "each \(unit) multiplies the gradient by more than 1, so a step that suits the last ones is far too large for the first",
      remedies: isWeak ? fix.texts : grown,
      chart: "gradient-profile",
      trial: isWeak ? fix.trial : .initializer(evidence.fittingInitialization))
  }
}
