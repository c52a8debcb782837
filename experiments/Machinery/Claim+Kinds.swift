import Foundation

extension Claim {
  /// dL/d(layer's output) changes by the factor a layer that theory predicts.
  ///
  /// Theory speaks of infinitely wide nets. In one of width n the logarithm of a ReLU net's gradient drifts by 5/(4 n) a layer
  /// and wanders by a normal number of variance 5/(4 n); over L layers a fitted slope then has the variance 1.5 / (n L). The
  /// tolerance is the drift and three such standard deviations; other activations wander less.
  package static func gradientFactor(of variant: Variant) -> Claim {
    let source = "mean field theory (Schoenholz et al. 2017), its tolerance at finite width by Hanin and Rolnick 2018"
    return Claim(
      statement: { settings in
        let factor = variant.predictedGradientFactor(settings).map { significant($0) } ?? "?"
        return "\(variant.name): on its way back each layer multiplies the gradient by \(factor)"
      },
      measure: { $0.values(of: variant, \.gradientFactor) },
      expected: { settings in
        guard let factor = variant.predictedGradientFactor(settings) else { return 0...Double.infinity }
        let width = Double(settings.width), layers = Double(max(settings.depth - 4, 1))
        let tolerance = 1.25 / width + 3 * (1.5 / (width * layers)).squareRoot()
        return factor * (1 - tolerance)...factor * (1 + tolerance)
      },
      source: source, scope: Scope(words: "nets of 8 layers or more") { $0.depth >= 8 })
  }

  /// Training lowers the loss clearly below that of guessing, ln 10.
  package static func learns(_ variant: Variant, toBelow loss: Double, _ source: String) -> Claim {
    Claim(
      statement: { _ in "\(variant.name) learns: its loss ends below \(loss)" },
      measure: { $0.values(of: variant, \.finalLoss) }, expected: { _ in 0...loss }, source: source, scope: .deepAndLong
    )
  }

  /// Training leaves the loss at that of guessing, ln 10.
  package static func staysAtChance(_ variant: Variant, _ source: String) -> Claim {
    Claim(
      statement: { _ in "\(variant.name) does not learn: its loss stays at ln 10, that of guessing" },
      measure: { $0.values(of: variant, \.finalLoss) }, expected: { _ in log(10) - 0.05...log(10) + 0.05 },
      source: source, scope: .deepAndLong)
  }
}

extension Claim.Scope {
  static let deepAndLong = Claim.Scope(words: "30 layers or more that are trained for 300 steps or more") {
    $0.depth >= 30 && $0.steps >= 300
  }
}
