import Foundation

extension Claim {
  /// A claim about a number that one variant reports; `scope` is about the settings as that variant has them.
  public init(
    _ statement: String, _ variant: Variant, _ name: String, _ expected: Expectation, source: String,
    about scope: Scope = .anything
  ) {
    self.init(statement, expected: expected, source: source, about: scope.adjusted(by: variant)) {
      try $0[name, variant]
    }
  }

  /// dL/d(layer's output) changes by the factor a layer that theory predicts, give or take `factorTolerance` of layers whose
  /// gradients wander as `variance` says: as those of ReLU if it says nothing, which no activation's exceed.
  public static func gradientFactor(
    of variant: Variant, _ source: String = "mean field theory (Schoenholz et al. 2017)",
    variance: @escaping @Sendable (Settings) -> Double = { _ in varianceOfReLU }, about scope: Scope = .deep
  ) -> Claim {
    Claim(
      source: source + ", its tolerance at finite width by Hanin and Rolnick 2018",
      about: scope.adjusted(by: variant),
      statement: { settings in
        let factor = variant.predictedGradientFactor(settings).map { significant($0) } ?? "?"
        return "\(variant.name): on its way back each layer multiplies the gradient by \(factor)"
      },
      expected: { settings in
        guard let factor = variant.predictedGradientFactor(settings) else { return .atLeast(0) }
        let settings = variant.adjusted(settings)
        return .near(factor, withinShare: settings.factorTolerance(variance: variance(settings)))
      },
      measure: { try $0[MetricNames.gradientFactor, variant] })
  }

  /// Training lowers the loss clearly below that of guessing, ln 10.
  public static func learns(_ variant: Variant, _ source: String, about scope: Scope = .deepAndLong) -> Claim {
    Claim(
      source: source, about: scope.adjusted(by: variant),
      statement: { _ in "\(variant.name) learns: its loss ends clearly below that of guessing, ln 10 = 2.303" },
      expected: { .atMost(variant.adjusted($0).learnedLoss) },
      measure: { try $0[MetricNames.finalLoss, variant] })
  }

  /// Training leaves the loss at that of guessing, ln 10.
  public static func staysAtChance(_ variant: Variant, _ source: String, about scope: Scope = .deepAndLong) -> Claim {
    Claim(
      source: source, about: scope.adjusted(by: variant),
      statement: { _ in "\(variant.name) does not learn: its loss stays at that of guessing, ln 10 = 2.303" },
      expected: { .near(log(10), within: variant.adjusted($0).lossTolerance) },
      measure: { try $0[MetricNames.finalLoss, variant] })
  }

  /// One variant ends with a clearly higher loss than another, from the same images.
  public static func endsHigher(
    _ statement: String, _ higher: Variant, than lower: Variant, _ source: String, about scope: Scope
  ) -> Claim {
    Claim(
      source: source, about: scope, statement: { _ in statement },
      expected: { .atLeast(higher.adjusted($0).differenceTolerance) },
      measure: { try $0[MetricNames.finalLoss, higher] - $0[MetricNames.finalLoss, lower] })
  }
}

/// n times the variance of the logarithm of a gradient's square that a layer of ReLU of width n adds.
public let varianceOfReLU = 5.0

/// The same of a layer x + f(x) with a branch of ReLU that multiplies the mean square by `branch`.
///
/// The square of a gradient is multiplied by 1 + b + 2 √b c + b d, where c has the variance 1/n and d 5/n.
public func varianceOfResidual(branch: Double) -> Double { (4 * branch + 5 * branch * branch) / pow(1 + branch, 2) }

extension Settings {
  /// By how large a share a net of this width may miss the factor a layer that theory predicts; `variance` is n times that of the
  /// logarithm of the gradient's square that a layer adds.
  ///
  /// Theory speaks of infinitely wide nets. In one of width n that logarithm drifts by v/(2n) a layer and wanders by a normal
  /// number of variance v/n, v being 5 for ReLU; that of the gradient itself by half and by a quarter. Over L layers a fitted slope
  /// then has the variance 6/5 of v/(4 n L). The tolerance is the drift and three such standard deviations.
  public func factorTolerance(variance: Double = varianceOfReLU) -> Double {
    let width = Double(width), layers = Double(max(depth - 4, 1)), ofGradient = variance / 4
    return ofGradient / width + 3 * (1.2 * ofGradient / (width * layers)).squareRoot()
  }

  /// By how much a final loss has to be away from a number to be clearly away from it.
  ///
  /// It is a mean over twenty batches of n images, whose losses have a standard deviation of about 1, and so is known to 1/√(20 n).
  /// The tolerance is three of these.
  public var lossTolerance: Double { 3 / (20 * Double(batch)).squareRoot() }

  /// By how much two final losses have to be apart to be clearly apart: three standard deviations of their difference.
  public var differenceTolerance: Double { 2.0.squareRoot() * lossTolerance }

  /// Below which final loss a net counts as one that has learned: clearly below ln 10, that of guessing.
  public var learnedLoss: Double { log(10) - lossTolerance }
}

extension Claim.Scope {
  /// Nets whose interior is deep enough to fit a factor a layer.
  public static let deep = Claim.Scope("nets of 8 layers or more") { $0.depth >= 8 }

  /// Training that is long enough to tell whether a net learns.
  public static let long = Claim.Scope("nets that are trained for 300 steps or more") { $0.steps >= 300 }

  /// Nets that are deep, and trained long enough to tell whether they learn.
  public static let deepAndLong = Claim.Scope("30 layers or more that are trained for 300 steps or more") {
    $0.depth >= 30 && $0.steps >= 300
  }

  /// The same about the settings as a variant has them.
  fileprivate func adjusted(by variant: Variant) -> Claim.Scope {
    Claim.Scope(words) { includes(variant.adjusted($0)) }
  }
}
