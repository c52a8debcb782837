import Foundation

/// Steps as the command line writes them: `A:B`, `A:` or `:B`, both ends included.
struct StepRange {
  let range: ClosedRange<Int>

  /// Nil where the text is none.
  init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, text != ":" else { return nil }
    guard let first = parts[0].isEmpty ? 0 : Int(parts[0]), let last = parts[1].isEmpty ? Int.max : Int(parts[1]),
      first >= 0, first <= last
    else { return nil }
    range = first...last
  }
}

/// A length in a picture: a number of units of 1/96 inch, of pixels (`px`) or of points of 1/72 inch (`pt`).
struct Length {
  private let number: Double
  private let isPixels: Bool

  /// Nil where the text is none.
  init?(_ text: String) {
    let unit = ["px", "pt"].first { text.hasSuffix($0) }
    guard let number = Double(text.dropLast(unit?.count ?? 0)), number > 0, number <= 1e6 else { return nil }
    self.number = unit == "pt" ? number * 96 / 72 : number
    isPixels = unit == "px"
  }

  /// In units of 1/96 inch, of which each has `scale` pixels.
  func units(scale: Double) -> Double { isPixels ? number / scale : number }
}
