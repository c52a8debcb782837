/// What a heatmap cell holds. Cells that hold no number differ by pattern, not by hue.
public enum CellKind: Int, CaseIterable, Sendable, Hashable {
  /// A number with a position on the colour scale.
  case number
  /// Exactly 0 on a logarithmic scale.
  case zero
  /// NaN, or a negative number on a logarithmic scale.
  case notANumber
  /// Positive or negative infinity.
  case infinite
  /// No value was recorded.
  case notRecorded

  /// The text beside its swatch.
  var label: String {
    switch self {
    case .number: ""
    case .zero: "0"
    case .notANumber: "NaN"
    case .infinite: "±∞"
    case .notRecorded: "not recorded"
    }
  }

  /// The colour of its pattern at a pixel; `unit` is the number of pixels per unit.
  func pixel(x: Int, y: Int, unit: Int, _ colors: CellColors) -> UInt32 {
    let u = x / unit, v = y / unit
    let isMarked =
      switch self {
      case .number, .notRecorded: false
      case .zero: u % 5 == 0 && v % 5 == 0
      case .notANumber: (u + v) % 6 == 0
      case .infinite: (u + 800_000 - v) % 8 == 0 || (u + v) % 8 == 0
      }
    if self == .notRecorded { return colors.background }
    return isMarked ? colors.pattern : colors.empty
  }
}

/// A theme's colours for cells without a number, as pixels.
struct CellColors {
  let background, empty, pattern: UInt32

  init(_ theme: Theme) {
    background = theme.background.pixel
    empty = theme.emptyCell.pixel
    pattern = theme.emptyCellPattern.pixel
  }
}
