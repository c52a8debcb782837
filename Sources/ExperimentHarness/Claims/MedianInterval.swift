import Foundation

/// Several measurements of one thing, a seed each: their median, and an interval for what the median over all seeds would be.
///
/// The interval reaches from the k-th lowest to the k-th highest measurement, k being the largest for which it contains the true
/// median with a probability of 90 % or more, or else 1: lowest to highest. For n seeds that probability is
/// 1 − 2 Σ_{i<k} (n over i) / 2ⁿ, whatever the distribution: 50 % for 2 seeds, 75 % for 3, 94 % for 5 from lowest to highest.
///
/// Source: order statistics of the sign test; Conover, "Practical Nonparametric Statistics", 1999, section 3.2.
public struct MedianInterval: Sendable, Equatable {
  /// The middle value, or the mean of the two in the middle. NaN counts as above all numbers.
  public let median: Double
  /// Where the interval begins.
  public let low: Double
  /// Where the interval ends.
  public let high: Double
  /// The least and the largest of all.
  let lowest, highest: Double
  /// How many measurements there are.
  public let count: Int
  /// With which probability the interval contains the true median; 0 for one measurement.
  public let coverage: Double
  /// How many measurements are NaN.
  package let undefined: Int

  /// Of these measurements; nil where there are none.
  package init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted { !$0.isNaN && ($1.isNaN || $0 < $1) }
    let n = sorted.count, middle = n / 2
    median = n % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    let places = (1...max(n / 2, 1)).last { Self.coverage(n, $0) >= 0.9 } ?? 1
    (low, high) = (sorted[places - 1], sorted[n - places])
    (lowest, highest) = (sorted[0], sorted[n - 1])
    coverage = Self.coverage(n, places)
    count = n
    undefined = sorted.count(where: \.isNaN)
  }

  /// The probability that the median lies between the k-th lowest and the k-th highest of n.
  private static func coverage(_ n: Int, _ k: Int) -> Double {
    var term = pow(0.5, Double(n)), outside = 0.0
    for i in 0..<k {
      outside += 2 * term
      term *= Double(n - i) / Double(i + 1)
    }
    return max(0, 1 - outside)
  }
}
