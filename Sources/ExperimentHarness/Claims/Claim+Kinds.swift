import Foundation
import Support

extension Claim {
  /// A claim about one number that a variant reports under `name`. `scope` is tested with the settings as that variant changes them.
  public init(
    _ statement: String, _ variant: Variant, _ name: String, _ expected: Expectation, source: String,
    appliesTo scope: Scope = .all
  ) {
    self.init(statement, expected: expected, source: source, appliesTo: scope.adjusted(by: variant)) {
      try $0[name, variant]
    }
  }

  /// Each layer multiplies dL/d(output) by the factor that the variant's theory predicts, within `Settings.factorTolerance`.
  /// `variance` is n times the variance that a layer adds to the logarithm of the squared gradient; by default that of ReLU, which
  /// no activation exceeds.
  public static func gradientFactor(
    of variant: Variant, _ source: String = "mean field theory (Schoenholz et al. 2017)",
    variance: @escaping @Sendable (Settings) -> Double = { _ in varianceOfReLU }, appliesTo scope: Scope = .deep
  ) -> Claim {
    Claim(
      source: source + "; tolerance at finite width: Hanin and Rolnick 2018",
      appliesTo: scope.adjusted(by: variant),
      statement: { settings in
        let factor = variant.predictedGradientFactor(settings).map { formatPlain($0) } ?? "?"
        return "\(variant.name): in the backward pass each layer multiplies the gradient by \(factor)"
      },
      expected: { settings in
        guard let factor = variant.predictedGradientFactor(settings) else { return .atLeast(0) }
        let settings = variant.adjusted(settings)
        return .near(factor, withinShare: settings.factorTolerance(variance: variance(settings)))
      },
      measure: { try $0[MetricNames.gradientFactor, variant] })
  }

  /// The final loss is clearly below ln 10, the loss of guessing.
  public static func learns(_ variant: Variant, _ source: String, appliesTo scope: Scope = .deepAndLong) -> Claim {
    Claim(
      source: source, appliesTo: scope.adjusted(by: variant),
      statement: { _ in "\(variant.name) learns: its final loss is clearly below ln 10 = 2.303, the loss of guessing" },
      expected: { .atMost(variant.adjusted($0).learnedLoss) },
      measure: { try $0[MetricNames.finalLoss, variant] })
  }

  /// The final loss is ln 10, the loss of guessing.
  public static func staysAtChance(
    _ variant: Variant, _ source: String, appliesTo scope: Scope = .deepAndLong
  ) -> Claim {
    Claim(
      source: source, appliesTo: scope.adjusted(by: variant),
      statement: { _ in "\(variant.name) does not learn: its final loss is ln 10 = 2.303, the loss of guessing" },
      expected: { .near(log(10), within: variant.adjusted($0).lossTolerance) },
      measure: { try $0[MetricNames.finalLoss, variant] })
  }

  /// One variant's final loss is clearly higher than another's, after training on the same batches.
  public static func endsHigher(
    _ statement: String, _ higher: Variant, than lower: Variant, _ source: String, appliesTo scope: Scope
  ) -> Claim {
    Claim(
      source: source, appliesTo: scope, statement: { _ in statement },
      expected: { .atLeast(higher.adjusted($0).differenceTolerance) },
      measure: { try $0[MetricNames.finalLoss, higher] - $0[MetricNames.finalLoss, lower] })
  }
}

extension Claim.Scope {
  /// Nets that are deep enough to fit a gradient factor per layer.
  public static let deep = Claim.Scope("nets of 8 layers or more") { $0.depth >= 8 }

  /// Training that is long enough to tell whether a net learns.
  public static let long = Claim.Scope("training of 300 steps or more") { $0.steps >= 300 }

  /// Deep nets with training that is long enough to tell whether they learn.
  public static let deepAndLong = Claim.Scope("nets of 30 layers or more, trained for 300 steps or more") {
    $0.depth >= 30 && $0.steps >= 300
  }

  /// The same scope, tested with the settings as a variant changes them.
  fileprivate func adjusted(by variant: Variant) -> Claim.Scope {
    Claim.Scope(description) { includes(variant.adjusted($0)) }
  }
}
