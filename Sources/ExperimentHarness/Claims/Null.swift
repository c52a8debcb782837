/// A plausible mistake, or the absence of an effect, for which a claim must not hold: its power check.
///
/// A claim that would hold for a constant, for random directions or for an untrained net says nothing. Every run measures what the claim's
/// number would be under the null; if it lies in the expected range in half of the seeds or more, the claim is not shown.
public struct Null: Sendable {
  let name: String
  /// The number under the null, given the results of a seed and the claim's own measurement.
  let measure: @Sendable (SeedResults, (SeedResults) throws -> Double) throws -> Double

  /// The claim's measurement with the results of another variant in place of a variant's.
  public static func swapping(_ variant: Variant, for other: Variant) -> Null {
    Null(name: "\(other.name) in place of \(variant.name)") { seed, measure in
      try measure(seed.swapping(variant, for: other))
    }
  }

  /// A number that is computed from the results of a seed. `name` says what is assumed, such as “a constant boundary”.
  public static func value(_ name: String, _ value: @escaping @Sendable (SeedResults) throws -> Double) -> Null {
    Null(name: name) { seed, _ in try value(seed) }
  }
}

/// What a claim's number is under a null.
package struct Rejection: Sendable {
  package let null: String
  /// One number per seed, or one of all seeds; empty where nothing was measured.
  package let perSeed: [Double]
  /// Whether the number lies outside the expected range in most seeds; nil where nothing was measured.
  package let isRejected: Bool?
}
