import Foundation
import Support

/// Ticks whose labels share one format: the fewest decimals that show all values, or one power of ten for all.
func labelled(_ values: [Double]) -> [Tick] {
  zip(values, labels(of: values)).map { Tick($0 == 0 ? 0 : $0, $1) }
}

/// One label per value, all in the same format.
func labels(of values: [Double]) -> [String] {
  let largest = values.reduce(0) { max($0, abs($1)) }
  guard largest > 0 else { return values.map { _ in "0" } }
  let exponent = Int((log10(largest) + 1e-9).rounded(.down))
  let spacing = zip(values.dropFirst(), values).map { abs($0 - $1) }.filter { $0 > 0 }.min() ?? largest
  if exponent >= 6 || exponent <= -4 {
    let unit = pow(10, Double(exponent))
    let decimals = decimalsNeeded(values.map { $0 / unit }, spacing: spacing / unit)
    return values.map { $0 == 0 ? "0" : formatFixed($0 / unit, decimals: decimals) + "×" + powerOfTen(exponent) }
  }
  let decimals = decimalsNeeded(values, spacing: spacing)
  return values.map { formatFixed($0, decimals: decimals) }
}

private func decimalsNeeded(_ values: [Double], spacing: Double) -> Int {
  (0...9).first { decimals in
    let unit = pow(10, Double(decimals))
    return values.allSatisfy { abs(($0 * unit).rounded() / unit - $0) <= spacing * 1e-3 }
  } ?? 10
}
