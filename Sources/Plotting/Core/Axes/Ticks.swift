import Foundation
import Support

/// A tick of an axis.
public struct Tick: Sendable, Hashable {
  /// The value that it marks.
  public let value: Double
  /// The label; empty for minor ticks.
  public let label: String

  /// A tick at a value; a minor one by default.
  public init(_ value: Double, _ label: String = "") {
    self.value = value
    self.label = label
  }
}

extension Scale {
  /// About `count` labelled ticks and the minor ticks between them, ascending and within the range. Few ranges give none.
  public func ticks(about count: Int) -> [Tick] {
    switch kind {
    case .linear:
      return labelled(extendedTicks(from: lower, to: upper, about: count))
    case .integer:
      return labelled(integerTicks(from: lower, to: upper, about: count))
    case .log:
      return logTicks(from: lower, to: upper, about: count)
    case .symlog(let width):
      return symlogTicks(from: lower, to: upper, width: width, about: count)
    case .categorical(let names):
      let stride = max(1, (names.count + max(count, 1) - 1) / max(count, 1))
      var last: String?
      return names.indices.filter { $0 % stride == 0 && Double($0) >= lower && Double($0) <= upper }.map { index in
        // A name that several neighbours share, such as that of their block, stands at the first of them.
        defer { last = names[index] }
        return Tick(Double(index), names[index] == last ? "" : names[index])
      }
    }
  }
}

/// Whole numbers from `lower` to `upper` at distances of 1, 2 or 5 times a power of ten, at most `count` + 1 of them where
/// possible.
package func integerTicks(from lower: Double, to upper: Double, about count: Int) -> [Double] {
  var spacing = 1.0
  for power in 0..<300 {
    for factor in [1.0, 2, 5] {
      spacing = factor * pow(10, Double(power))
      let first = (lower / spacing).rounded(.up), last = (upper / spacing).rounded(.down)
      if last - first <= Double(max(count, 1)) {
        return first > last ? [] : (0...Int(last - first)).map { (first + Double($0)) * spacing }
      }
    }
  }
  return []
}

/// Powers of ten, or every second, third, fifth and so on of them if there are many; minor ticks between them if there are few.
func logTicks(from lower: Double, to upper: Double, about count: Int) -> [Tick] {
  let low = log10(lower), high = log10(upper)
  let first = Int((low - 1e-9).rounded(.up)), last = Int((high + 1e-9).rounded(.down))
  if last - first < 1 { return narrowLogTicks(from: lower, to: upper, about: count) }
  let strides = [1, 2, 3, 5, 10, 20, 25, 50, 100, 200]
  let stride = strides.first { (last - first) / $0 <= max(count, 1) } ?? 200
  let labelled = Set((first...last).filter { $0 % stride == 0 })
  let isPlain = first >= -3 && last <= 4
  var ticks: [Tick] = []
  for decade in first - 1...last {
    let power = pow(10, Double(decade))
    if decade >= first {
      let label =
        labelled.contains(decade) ? (isPlain ? formatFixed(power, decimals: max(0, -decade)) : powerOfTen(decade)) : ""
      if !label.isEmpty || last - first <= 40 { ticks.append(Tick(power, label)) }
    }
    guard last - first <= max(count, 4) else { continue }
    for factor in 2...9 {
      let value = Double(factor) * power
      if value >= lower, value <= upper { ticks.append(Tick(value)) }
    }
  }
  return ticks
}

/// Ticks on a log axis of less than two decades: 1, 2 and 5 times powers of ten if two of them fit, else equally spaced values.
private func narrowLogTicks(from lower: Double, to upper: Double, about count: Int) -> [Tick] {
  let low = Int(log10(lower).rounded(.down))
  let round = (low...low + 2).flatMap { decade in [1.0, 2, 5].map { $0 * pow(10, Double(decade)) } }
    .filter { $0 >= lower && $0 <= upper }
  guard round.count >= 2 else { return labelled(extendedTicks(from: lower, to: upper, about: count)) }
  return low >= -4 && low <= 4
    ? round.map { Tick($0, formatFixed($0, decimals: max(0, -Int(log10($0 * 1.001).rounded(.down))))) }
    : labelled(round)
}

/// Zero, and on both sides the powers of ten outside the linear part.
private func symlogTicks(from lower: Double, to upper: Double, width: Double, about count: Int) -> [Tick] {
  let start = Int(log10(width).rounded(.up))
  func decades(to end: Double) -> Int { end > 0 ? max(0, Int(log10(end).rounded(.down)) - start + 1) : 0 }
  let above = decades(to: upper), below = decades(to: -lower)
  guard above + below >= 2 else { return labelled(extendedTicks(from: lower, to: upper, about: count)) }
  let stride = max(1, (above + below + count - 1) / max(count, 1))
  let isPlain = start >= -3 && start + max(above, below) <= 5
  func side(_ number: Int, _ sign: Double) -> [Tick] {
    (0..<number).filter { $0 % stride == stride - 1 || stride == 1 }.map {
      let decade = start + $0, power = pow(10, Double(decade))
      let label = isPlain ? formatFixed(power, decimals: max(0, -decade)) : powerOfTen(decade)
      return Tick(sign * power, (sign < 0 ? "−" : "") + label)
    }
  }
  let zero = lower <= 0 && upper >= 0 ? [Tick(0, "0")] : []
  return side(below, -1).reversed() + zero + side(above, 1)
}
