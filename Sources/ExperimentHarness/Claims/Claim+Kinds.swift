import Foundation
import Support

extension Claim {
  /// A claim about one number that a variant reports under `name`. `scope` is tested with the settings as that variant changes them.
  public init(
    _ kind: Kind, _ statement: String, _ variant: Variant, _ name: String, _ expected: Expectation, source: String,
    appliesTo scope: Scope = .all, rejects nulls: [Null] = []
  ) {
    self.init(
      kind, statement, expected: expected, source: source, appliesTo: scope.adjusted(by: variant), rejects: nulls
    ) { try $0[name, variant] }
  }

  /// Each layer multiplies dL/d(output) by the factor that the variant's theory predicts, within `Settings.factorTolerance`.
  /// `variance` is n times the variance that a layer adds to the logarithm of the squared gradient; by default that of the theory's
  /// activation.
  public static func gradientFactor(
    of variant: Variant, _ source: String = "mean field theory (Schoenholz et al. 2017)",
    variance: (@Sendable (Settings) -> Double)? = nil, appliesTo scope: Scope = .deep, rejects nulls: [Null] = []
  ) -> Claim {
    Claim(
      .theory, source: source + "; tolerance at finite width: Hanin and Rolnick 2018",
      appliesTo: scope.adjusted(by: variant), rejects: nulls,
      statement: { settings in
        let factor = variant.predictedGradientFactor(settings).map { formatPlain($0) } ?? "?"
        return "\(variant.name): in the backward pass each layer multiplies the gradient by \(factor)"
      },
      expected: { settings in
        guard let factor = variant.predictedGradientFactor(settings), let theory = variant.theory else {
          return .atLeast(0)
        }
        let settings = variant.adjusted(settings)
        let variance = variance?(settings) ?? theory(settings).varianceOfLayer(depth: settings.depth)
        return .near(factor, withinShare: settings.factorTolerance(variance: variance))
      },
      measure: { try $0[MetricNames.gradientFactor, variant] })
  }

  /// The final loss is clearly below ln 10, the loss of guessing.
  public static func learns(
    _ variant: Variant, _ source: String, appliesTo scope: Scope = .deepAndLong, rejects nulls: [Null] = []
  ) -> Claim {
    Claim(
      .finding, source: source, appliesTo: scope.adjusted(by: variant), rejects: nulls,
      statement: { _ in "\(variant.name) learns: its final loss is clearly below ln 10 = 2.303, the loss of guessing" },
      expected: { .atMost(variant.adjusted($0).learnedLoss) },
      measure: { try $0[MetricNames.finalLoss, variant] })
  }

  /// The final loss at the best of several learning rates is clearly below ln 10, the loss of guessing.
  public static func learns(
    _ sweep: LearningRateSweep, _ name: String, _ source: String, appliesTo scope: Scope = .deepAndLong,
    rejects nulls: [Null] = []
  ) -> Claim {
    Claim(
      .finding, source: source, appliesTo: scope, rejects: nulls,
      statement: { _ in
        "\(name) learns at the best of \(sweep.rates.count) learning rates: its final loss is clearly below ln 10 = 2.303"
      },
      expected: { .atMost($0.learnedLoss) }, measure: { try sweep.finalLoss($0) })
  }

  /// The final loss is that of guessing, or higher, or not finite, at the best of several learning rates too.
  public static func doesNotLearn(
    _ sweep: LearningRateSweep, _ name: String, _ source: String, appliesTo scope: Scope = .deepAndLong,
    rejects nulls: [Null] = []
  ) -> Claim {
    Claim(
      .finding, source: source, appliesTo: scope, rejects: nulls,
      statement: { _ in
        let rates = sweep.rates.map { formatShortest($0) }.joined(separator: ", ")
        return
          "\(name) does not learn at the best of the rates \(rates) either: its final loss is that of guessing, ln 10, or "
          + "higher, or not finite"
      },
      expected: { .atLeast($0.learnedLoss) }, measure: { try sweep.finalLoss($0) })
  }

  /// The final loss is ln 10, the loss of guessing.
  public static func staysAtChance(
    _ variant: Variant, _ source: String, appliesTo scope: Scope = .deepAndLong, rejects nulls: [Null] = []
  ) -> Claim {
    Claim(
      .finding, source: source, appliesTo: scope.adjusted(by: variant), rejects: nulls,
      statement: { _ in "\(variant.name) does not learn: its final loss is ln 10 = 2.303, the loss of guessing" },
      expected: { .near(log(10), within: variant.adjusted($0).lossTolerance) },
      measure: { try $0[MetricNames.finalLoss, variant] })
  }

  /// One variant's final loss is clearly higher than another's, after training on the same batches.
  public static func endsHigher(
    _ statement: String, _ higher: Variant, than lower: Variant, _ source: String, appliesTo scope: Scope,
    rejects nulls: [Null] = []
  ) -> Claim {
    Claim(
      .finding, source: source, appliesTo: scope, rejects: nulls, statement: { _ in statement },
      expected: { .atLeast(higher.adjusted($0).differenceTolerance) },
      measure: { try $0[MetricNames.finalLoss, higher] - $0[MetricNames.finalLoss, lower] })
  }

  /// The final losses of two variants, trained on the same batches, differ by at most `margin`: the interval for the median of the
  /// differences lies within ± `margin`. State in `statement` or `source` why a smaller difference does not matter.
  public static func endsEqual(
    _ statement: String, _ first: Variant, _ second: Variant, within margin: @escaping @Sendable (Settings) -> Double,
    _ source: String, appliesTo scope: Scope, rejects nulls: [Null] = []
  ) -> Claim {
    Claim(
      .finding, source: source, appliesTo: scope, rejects: nulls, statement: { _ in statement },
      expected: { .near(0, within: margin($0)) },
      measure: { try $0[MetricNames.finalLoss, first] - $0[MetricNames.finalLoss, second] }
    ).judgedByInterval()
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
