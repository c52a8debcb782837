import Foundation

/// A number with a fixed count of decimals, a real minus sign, and thin spaces between thousands from 10,000 on: −12 500.25.
public func formatFixed(_ value: Double, decimals: Int) -> String {
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

/// A number with three significant digits, for sentences: 0.236, 12.5; two where it needs a power of ten: 3.1×10⁻⁸.
public func formatSignificant(_ value: Double) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value < 0 ? "−∞" : "∞" }
  if value == 0 { return "0" }
  func scientific(_ digits: Int) -> (mantissa: Double, exponent: Int) {
    let parts = String(format: "%.\(digits)e", value).split(separator: "e")
    return (Double(parts[0])!, Int(parts[1])!)
  }
  let exponent = scientific(2).exponent
  if (-3..<5).contains(exponent) { return formatFixed(value, decimals: max(0, 2 - exponent)) }
  let rounded = scientific(1)
  return formatFixed(rounded.mantissa, decimals: 1) + "×" + powerOfTen(rounded.exponent)
}

/// 10 with a raised exponent: 10⁻⁸.
package func powerOfTen(_ exponent: Int) -> String {
  let raised: [Character: Character] = [
    "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
  ]
  return "10" + String(String(exponent).map { raised[$0]! })
}

/// A number in plain text with `digits` significant digits, for reports and tables: 0.236, 12.0, -2.50; 1.20e-04 below 0.001 and
/// from 10^max(digits, 4) on; NaN, ∞ and −∞ for what is not finite.
public func formatPlain(_ value: Double, digits: Int = 3) -> String {
  guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "∞" : "−∞" }
  let scientific = String(format: "%.\(digits - 1)e", value)
  // The exponent of the rounded number: 999.6 with three digits is 1.00e+03.
  let exponent = value == 0 ? 0 : Int(scientific.drop { $0 != "e" }.dropFirst())!
  guard (-3..<max(digits, 4)).contains(exponent) else { return scientific }
  return String(format: "%.\(max(0, digits - 1 - exponent))f", value)
}

/// A number with as few digits as identify it, without ".0" for a whole number: 50, 0.01, 1e-05.
public func formatShortest(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(format: "%.0f", value) : "\(value)"
}
