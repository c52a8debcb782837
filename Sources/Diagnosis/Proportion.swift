import Foundation
import Support

/// A share of counted cases, such as the runs in which a rule was right, with its 95 % interval.
public struct Proportion: Sendable, Hashable, CustomStringConvertible {
  /// The number of cases that count.
  public let hits: Int
  /// The number of all cases.
  public let count: Int

  /// A share. Stops the program unless 0 ≤ `hits` ≤ `count` and `count` > 0.
  public init(_ hits: Int, of count: Int) {
    guard count > 0, hits >= 0, hits <= count else { stop("Proportion", "\(hits) of \(count) is no share") }
    (self.hits, self.count) = (hits, count)
  }

  /// The share, from 0 to 1.
  public var value: Double { Double(hits) / Double(count) }

  /// The 95 % interval of the share, within 0 to 1: (p + z² / 2n ± z √(p (1 − p) / n + z² / 4n²)) / (1 + z² / n) with z = 1.96.
  ///
  /// Cases count as independent. Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
  public var interval: ClosedRange<Double> {
    let z = 1.959964, n = Double(count), p = value
    let center = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    // Where no case or each one counts, rounding must not move the end from 0 or 1.
    return (hits == 0 ? 0 : max(0, center - half))...(hits == count ? 1 : min(1, center + half))
  }

  /// In percent with the interval: "85 % (75–92)", with a decimal where the interval is narrower than 5 %: "0.0 % (0.0–0.5)".
  public var description: String {
    let range = interval, decimals = range.upperBound - range.lowerBound < 0.05 ? 1 : 0
    func percent(_ value: Double) -> String { formatFixed(100 * value, decimals: decimals) }
    return "\(percent(value)) % (\(percent(range.lowerBound))–\(percent(range.upperBound)))"
  }

  /// As the confidence of a finding.
  package var inBenchmark: String { "right in \(hits) of \(counted(count, "run")) of the benchmark, \(self)" }

  /// As the effect of a remedy.
  package var asEffect: String { "closed at least half of the gap in \(hits) of \(counted(count, "program")) tried" }
}
