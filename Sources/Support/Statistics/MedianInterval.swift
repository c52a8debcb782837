import Foundation

/// The median of one measurement per seed, and a confidence interval for the median over all possible seeds.
///
/// The interval reaches from the k-th lowest to the k-th highest measurement, where k is the largest number for which it contains the
/// true median with a probability of 90 % or more, or else 1. For n seeds that probability is 1 − 2 Σ_{i<k} (n over i) / 2ⁿ, whatever
/// the distribution: 50 % for 2 seeds, 75 % for 3 and 94 % for 5, each from lowest to highest.
///
/// Source: order statistics of the sign test; Conover, "Practical Nonparametric Statistics", 1999, section 3.2.
public struct MedianInterval: Sendable, Equatable {
  /// The middle value, or the mean of the two middle values. NaN sorts above all numbers.
  public let median: Double
  /// The lower end of the interval.
  public let low: Double
  /// The upper end of the interval.
  public let high: Double
  /// The smallest and the largest measurement.
  package let lowest, highest: Double
  /// The number of measurements.
  public let count: Int
  /// The probability that the interval contains the true median; 0 for one measurement.
  public let coverage: Double
  /// The number of measurements that are NaN.
  package let undefined: Int

  /// The median and interval of these measurements; nil where there are none.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted { !$0.isNaN && ($1.isNaN || $0 < $1) }
    let n = sorted.count, middle = n / 2
    median = n % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    let k = (1...max(n / 2, 1)).last { Self.coverage(n, $0) >= 0.9 } ?? 1
    (low, high) = (sorted[k - 1], sorted[n - k])
    (lowest, highest) = (sorted[0], sorted[n - 1])
    coverage = Self.coverage(n, k)
    count = n
    undefined = sorted.count(where: \.isNaN)
  }

  /// The probability that the median lies between the k-th lowest and the k-th highest of n measurements.
  private static func coverage(_ n: Int, _ k: Int) -> Double {
    var term = pow(0.5, Double(n)), outside = 0.0
    for i in 0..<k {
      outside += 2 * term
      term *= Double(n - i) / Double(i + 1)
    }
    return max(0, 1 - outside)
  }

  /// The median, and in parentheses the interval: 2.00 (1.00 to 4.00).
  package var text: String {
    guard undefined < count else { return "NaN" }
    let (middle, lowest, highest) = (formatPlain(median), formatPlain(low), formatPlain(high))
    guard undefined == 0 else { return "NaN in \(undefined) of \(count), from \(lowest)" }
    return lowest == highest ? middle : "\(middle) (\(lowest) to \(highest))"
  }

  /// What the interval of this many seeds means, as part of a sentence.
  package static func meaning(seeds: Int) -> String {
    let coverage = MedianInterval((0..<seeds).map(Double.init))!.coverage
    return "the interval contains the median over all seeds with a probability of \(Int((100 * coverage).rounded())) %"
  }
}
