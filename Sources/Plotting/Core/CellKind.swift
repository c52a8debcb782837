/// What a cell of a heatmap holds. All but numbers differ by pattern, so that no hue needs to be told from another.
public enum CellKind: Int, CaseIterable, Sendable, Hashable {
  /// A number that has a place on the colour scale.
  case number
  /// Exactly 0, which has no place on a logarithmic scale.
  case zero
  /// Not a number, or a negative one on a logarithmic scale.
  case notANumber
  /// Plus or minus infinity.
  case infinite
  /// Nothing was recorded.
  case notRecorded

  /// What stands beside its swatch.
  var label: String {
    switch self {
    case .number: ""
    case .zero: "0"
    case .notANumber: "NaN"
    case .infinite: "±∞"
    case .notRecorded: "not recorded"
    }
  }

  /// The pixel of its pattern at a place of the canvas, in units.
  func pixel(x: Int, y: Int, unit: Int, _ theme: CellTheme) -> UInt32 {
    let u = x / unit, v = y / unit
    let isMarked =
      switch self {
      case .number, .notRecorded: false
      case .zero: u % 5 == 0 && v % 5 == 0
      case .notANumber: (u + v) % 6 == 0
      case .infinite: (u + 800_000 - v) % 8 == 0 || (u + v) % 8 == 0
      }
    if self == .notRecorded { return theme.background }
    return isMarked ? theme.mark : theme.blank
  }
}

/// A theme's colours for cells without a number, as pixels.
struct CellTheme {
  let background, blank, mark: UInt32

  init(_ theme: Theme) {
    background = theme.background.pixel
    blank = theme.blank.pixel
    mark = theme.blankMark.pixel
  }
}
