import Foundation

/// Values as ticks, all labels in one format: the fewest decimals that tell them apart, or one power of ten for all.
func labelled(_ values: [Double]) -> [Tick] {
  zip(values, labels(of: values)).map { Tick($0 == 0 ? 0 : $0, $1) }
}

/// One label a value, all in one format.
func labels(of values: [Double]) -> [String] {
  let largest = values.reduce(0) { max($0, abs($1)) }
  guard largest > 0 else { return values.map { _ in "0" } }
  let exponent = Int((log10(largest) + 1e-9).rounded(.down))
  let spacing = zip(values.dropFirst(), values).map { abs($0 - $1) }.filter { $0 > 0 }.min() ?? largest
  if exponent >= 6 || exponent <= -4 {
    let unit = pow(10, Double(exponent))
    let decimals = decimalsNeeded(values.map { $0 / unit }, spacing: spacing / unit)
    return values.map { $0 == 0 ? "0" : plain($0 / unit, decimals: decimals) + "×" + powerOfTen(exponent) }
  }
  let decimals = decimalsNeeded(values, spacing: spacing)
  return values.map { plain($0, decimals: decimals) }
}

private func decimalsNeeded(_ values: [Double], spacing: Double) -> Int {
  (0...9).first { decimals in
    let unit = pow(10, Double(decimals))
    return values.allSatisfy { abs(($0 * unit).rounded() / unit - $0) <= spacing * 1e-3 }
  } ?? 10
}

/// A number with so many decimals, a real minus, and thin spaces between thousands from 10,000 on.
public func plain(_ value: Double, decimals: Int) -> String {
  let digits = String(format: "%.\(decimals)f", abs(value))
  let isZero = !digits.contains { $0 >= "1" && $0 <= "9" }
  let parts = digits.split(separator: ".")
  var whole = ""
  for (index, digit) in parts[0].enumerated() {
    let left = parts[0].count - index
    if index > 0, left % 3 == 0, parts[0].count > 4 { whole += "\u{2009}" }
    whole.append(digit)
  }
  return (value < 0 && !isZero ? "−" : "") + whole + (parts.count > 1 ? "." + parts[1] : "")
}

/// A number with three digits that count, as in a sentence: 0.236, 12.5, 3.1×10⁻⁸.
public func short(_ value: Double) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value < 0 ? "−∞" : "∞" }
  if value == 0 { return "0" }
  func scientific(_ digits: Int) -> (mantissa: Double, exponent: Int) {
    let parts = String(format: "%.\(digits)e", value).split(separator: "e")
    return (Double(parts[0])!, Int(parts[1])!)
  }
  let exponent = scientific(2).exponent
  if (-3..<5).contains(exponent) { return plain(value, decimals: max(0, 2 - exponent)) }
  let rounded = scientific(1)
  return plain(rounded.mantissa, decimals: 1) + "×" + powerOfTen(rounded.exponent)
}

/// 10 with a raised exponent.
func powerOfTen(_ exponent: Int) -> String {
  let raised: [Character: Character] = [
    "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
  ]
  return "10" + String(String(exponent).map { raised[$0]! })
}
