import Foundation

extension Claim {
  /// A claim about a number that one variant reports.
  public init(
    _ statement: String, _ variant: Variant, _ name: String, _ expected: Expectation, source: String,
    about scope: Scope = .anything
  ) {
    self.init(statement, expected: expected, source: source, about: scope) { try $0[name, variant] }
  }

  /// dL/d(layer's output) changes by the factor a layer that theory predicts, give or take `factorTolerance`.
  public static func gradientFactor(
    of variant: Variant, _ source: String = "mean field theory (Schoenholz et al. 2017)", about scope: Scope = .deep
  ) -> Claim {
    Claim(
      source: source + ", its tolerance at finite width by Hanin and Rolnick 2018",
      about: scope,
      statement: { settings in
        let factor = variant.predictedGradientFactor(settings).map { significant($0) } ?? "?"
        return "\(variant.name): on its way back each layer multiplies the gradient by \(factor)"
      },
      expected: { settings in
        guard let factor = variant.predictedGradientFactor(settings) else { return .atLeast(0) }
        return .near(factor, withinShare: settings.factorTolerance)
      },
      measure: { try $0[Reported.gradientFactor, variant] })
  }

  /// Training lowers the loss clearly below that of guessing, ln 10.
  public static func learns(_ variant: Variant, toBelow loss: Double, _ source: String) -> Claim {
    Claim(
      "\(variant.name) learns: its loss ends below \(loss)", variant, Reported.finalLoss, .atMost(loss), source: source,
      about: .deepAndLong)
  }

  /// Training leaves the loss at that of guessing, ln 10.
  public static func staysAtChance(_ variant: Variant, _ source: String) -> Claim {
    Claim(
      "\(variant.name) does not learn: its loss stays at ln 10, that of guessing", variant, Reported.finalLoss,
      .near(log(10), within: 0.05), source: source, about: .deepAndLong)
  }
}

extension Settings {
  /// By how large a share a net of this width may miss the factor a layer that theory predicts.
  ///
  /// Theory speaks of infinitely wide nets. In one of width n the logarithm of a ReLU net's gradient drifts by 5/(4 n) a layer
  /// and wanders by a normal number of variance 5/(4 n); over L layers a fitted slope then has the variance 1.5 / (n L). The
  /// tolerance is the drift and three such standard deviations; other activations wander less.
  public var factorTolerance: Double {
    let width = Double(width), layers = Double(max(depth - 4, 1))
    return 1.25 / width + 3 * (1.5 / (width * layers)).squareRoot()
  }
}

extension Claim.Scope {
  /// Nets whose interior is deep enough to fit a factor a layer.
  public static let deep = Claim.Scope("nets of 8 layers or more") { $0.depth >= 8 }

  /// Nets that are deep, and trained long enough to tell whether they learn.
  public static let deepAndLong = Claim.Scope("30 layers or more that are trained for 300 steps or more") {
    $0.depth >= 30 && $0.steps >= 300
  }
}
