import Glibc

/// Numbers as readers of a figure expect them: a real minus sign, groups of three digits, powers of ten raised.
public enum NumberText {
  /// A number with exactly `decimals` digits after the point; "−" before negative ones, never "−0".
  public static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return special(value) }
    let scaled = (abs(value) * power(decimals)).rounded()
    guard scaled < 9e15 else { return scientific(value, decimals: 1) }
    let digits = String(Int64(scaled))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let whole = padded.dropLast(decimals)
    let sign = value < 0 && scaled != 0 ? "−" : ""
    return sign + grouped(String(whole)) + (decimals > 0 ? "." + padded.suffix(decimals) : "")
  }

  /// A number with at most `decimals` digits after the point and no zeros at its end.
  public static func shortest(_ value: Double, decimals: Int) -> String {
    var text = fixed(value, decimals: decimals)
    guard text.contains("."), !text.contains("×") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// A number as mantissa and power of ten: "1.5×10⁻³".
  public static func scientific(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return special(value) }
    guard value != 0 else { return "0" }
    var exponent = Int(floor(log10(abs(value))))
    // Halves of the power keep both ends of the range of a Double from overflowing.
    var mantissa = abs(value) / pow(10, Double(exponent / 2)) / pow(10, Double(exponent - exponent / 2))
    if (mantissa * power(decimals)).rounded() >= 10 * power(decimals) {
      mantissa /= 10
      exponent += 1
    }
    return (value < 0 ? "−" : "") + fixed(mantissa, decimals: decimals) + "×" + powerOfTen(exponent)
  }

  /// About `digits` significant digits, as a plain number between 0.001 and 100,000 and with a power of ten beyond.
  public static func significant(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite else { return special(value) }
    guard value != 0 else { return "0" }
    let magnitude = abs(value)
    guard magnitude >= 0.001, magnitude < 100_000 else { return scientific(value, decimals: digits - 1) }
    return fixed(value, decimals: max(0, digits - 1 - Int(floor(log10(magnitude)))))
  }

  /// "10" with a raised exponent: "10⁻³".
  public static func powerOfTen(_ exponent: Int) -> String {
    let raised: [Character: Character] = [
      "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
    ]
    return "10" + String(String(exponent).map { raised[$0] ?? $0 })
  }

  /// One format for all labels of an axis: the fewest digits that tell each value exactly.
  public static func labels(for values: [Double]) -> [String] {
    let largest = values.lazy.filter(\.isFinite).map(abs).max() ?? 0
    let smallest = values.lazy.filter { $0 != 0 && $0.isFinite }.map(abs).min() ?? 0
    if largest >= 1e6 || (largest > 0 && largest < 1e-3) || (smallest > 0 && smallest < 1e-5) {
      let decimals =
        (0...6).first { count in
          values.allSatisfy { value in
            guard value != 0 else { return true }
            let mantissa = abs(value) / pow(10, floor(log10(abs(value))))
            return isWhole(mantissa * power(count))
          }
        } ?? 6
      return values.map { scientific($0, decimals: decimals) }
    }
    let decimals = (0...9).first { count in values.allSatisfy { isWhole($0 * power(count)) } } ?? 9
    return values.map { fixed($0, decimals: decimals) }
  }

  private static func isWhole(_ value: Double) -> Bool { abs(value - value.rounded()) <= 1e-6 * max(1, abs(value)) }

  private static func power(_ exponent: Int) -> Double { pow(10, Double(exponent)) }

  private static func special(_ value: Double) -> String { value.isNaN ? "NaN" : value < 0 ? "−∞" : "∞" }

  /// Four digits stay together, more are grouped by commas.
  private static func grouped(_ digits: String) -> String {
    guard digits.count > 4 else { return digits }
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }
}
