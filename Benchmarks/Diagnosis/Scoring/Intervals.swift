import Foundation
import Rheoscope

/// A share of a count, with a 95 % interval.
struct Share: CustomStringConvertible {
  let hits: Int
  let count: Int
  var value: Double { count == 0 ? .nan : Double(hits) / Double(count) }

  /// The 95 % interval; see `Proportion.interval`.
  var interval: (low: Double, high: Double) {
    guard count > 0 else { return (0, 1) }
    let interval = Proportion(hits, of: count).interval
    return (interval.lowerBound, interval.upperBound)
  }

  /// "97.1 % (93.0–98.9), 136 of 140".
  var description: String {
    count == 0 ? "–" : "\(percent(value)) % (\(percent(interval.low))–\(percent(interval.high))), \(hits) of \(count)"
  }

  /// This share minus another, with a 95 % interval. Source: Newcombe, "Interval estimation for the difference between independent
  /// proportions", 1998.
  func minus(_ other: Share) -> String {
    let (a, b) = (interval, other.interval), difference = value - other.value
    let low = difference - sqrt(pow(value - a.low, 2) + pow(b.high - other.value, 2))
    let high = difference + sqrt(pow(a.high - value, 2) + pow(other.value - b.low, 2))
    return "\(percent(difference)) (\(percent(low))–\(percent(high)))"
  }
}

func percent(_ value: Double) -> String { String(format: "%.1f", value * 100) }
