import Foundation
import Support

/// A variant trained with several learning rates, to judge it by its best.
///
/// Its `variants` belong into the experiment's list; a claim takes `best(in:)` where it would take the variant. Two nets that are compared
/// at one rate may differ only in which rate suits them.
public struct LearningRateSweep: Sendable {
  /// One variant per rate, named `NAME-rate-RATE`, without run files.
  public let variants: [Variant]
  /// The rates, in the order of `variants`.
  public let rates: [Double]

  /// A sweep of a variant that trains with `Settings.learningRate`, which the experiment need not declare. Stops the program if there are no rates.
  public init(of variant: Variant, over rates: [Double]) {
    guard !rates.isEmpty else { stop("LearningRateSweep", "no learning rates for \(variant.name)") }
    self.rates = rates
    variants = rates.map { rate in
      let text = formatShortest(rate)
      return variant.with("\(variant.name)-rate-\(text)", "\(variant.title), learning rate \(text)") {
        $0.learningRate = rate
      }
    }
  }

  /// The variant whose final loss, the median over seeds, is the lowest. Losses that are not finite count as infinite.
  public func best(in seed: SeedResults) -> Variant {
    best { seed.allSeeds(MetricNames.finalLoss, of: $0) }
  }

  /// The same for a figure.
  public func best(in results: Results) -> Variant {
    best { results.values(MetricNames.finalLoss, of: $0).compactMap { $0 } }
  }

  private func best(_ losses: (Variant) -> [Double]) -> Variant {
    let medians = variants.map { variant in
      MedianInterval(losses(variant).map { $0.isFinite ? $0 : .infinity })?.median ?? .infinity
    }
    return variants[medians.indices.min { medians[$0] < medians[$1] }!]
  }

  /// The final loss of the best rate in a seed, infinite where it is not finite. Throws `NotMeasured` where it had none.
  public func finalLoss(_ seed: SeedResults) throws -> Double {
    let loss = try seed[MetricNames.finalLoss, best(in: seed)]
    return loss.isFinite ? loss : .infinity
  }
}
