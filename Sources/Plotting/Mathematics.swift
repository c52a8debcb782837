import Foundation

func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
func decimalLogarithm(_ x: Double) -> Double { log10(x) }

/// A number in few digits: 0.236, 1.2e-07, 12,500 as 12500.
public func brief(_ value: Double, digits: Int = 3) -> String {
  guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "∞" : "−∞" }
  return String(format: "%.\(digits)g", value).replacingOccurrences(of: "-", with: "−")
}

/// 10 to an integer power as it is written: 10⁻³.
public func powerOfTen(_ exponent: Int) -> String {
  let raised: [Character: Character] = [
    "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
  ]
  return "10" + String(String(exponent).map { raised[$0]! })
}
