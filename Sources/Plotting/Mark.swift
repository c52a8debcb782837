/// What is drawn inside a panel, in the panel's own units.
public enum Mark: Sendable {
  /// A line through the values; it is interrupted where one has no place on the axes.
  case line([(x: Double, y: Double)], Stroke)
  /// The area between two curves over the same x.
  case band([(x: Double, lower: Double, upper: Double)], Color)
  /// Dots, of a radius in points.
  case dots([(x: Double, y: Double)], radius: Double, Color)
  /// A cross at a place: here something ended.
  case cross(x: Double, y: Double, Color)
  /// A horizontal line across the panel.
  case level(y: Double, Stroke)
  /// A grid of coloured cells.
  case cells(Cells)
}

/// A grid of values, drawn as colours. Rows run from the bottom up.
public struct Cells: Sendable {
  /// How many rows.
  public let rows: Int
  /// How many columns.
  public let columns: Int
  /// Row by row; nil is "not recorded".
  public let values: [Double?]
  /// Which colour a value has.
  public let colors: ColorScale
  /// What the columns' left edges and the last one's right edge are on the x axis.
  public let columnEdges: [Double]

  /// A grid with one value for each row and column, row by row from the bottom.
  public init(rows: Int, columnEdges: [Double], values: [Double?], colors: ColorScale) {
    self.rows = rows
    columns = columnEdges.count - 1
    self.columnEdges = columnEdges
    self.values = values
    self.colors = colors
  }
}

/// Which colour a value has: a colour map over the decades from `lower` to `upper`, and a pattern for each kind of value that
/// has no logarithm.
public struct ColorScale: Sendable {
  /// The colours from low to high.
  public let map: ColorMap
  /// The value of the lowest colour.
  public let lower: Double
  /// The value of the highest colour.
  public let upper: Double

  /// What a cell shows.
  public enum Kind: Int, CaseIterable, Sendable {
    case number, zero, notRecorded, infinite, notANumber

    /// As it stands beside the colour bar.
    public var label: String {
      switch self {
      case .number: ""
      case .zero: "0"
      case .notRecorded: "not recorded"
      case .infinite: "∞"
      case .notANumber: "NaN"
      }
    }
  }

  /// Colours between two limits above 0.
  public init(map: ColorMap = .viridis, lower: Double, upper: Double) {
    self.map = map
    self.lower = lower
    self.upper = upper
  }

  /// Limits at the 2nd and 98th percentile of the values' magnitudes, widened to whole decades.
  public init(map: ColorMap = .viridis, fitting values: some Sequence<Double?>) {
    let exponents = values.compactMap { value -> Double? in
      guard let value, value != 0, value.isFinite else { return nil }
      return decimalLogarithm(abs(value))
    }.sorted()
    // Without any value with a logarithm the limits are arbitrary: all cells have patterns.
    func percentile(_ share: Double) -> Double {
      exponents.isEmpty ? -1 : exponents[Int((Double(exponents.count - 1) * share).rounded())]
    }
    let low = percentile(0.02).rounded(.down), high = percentile(0.98).rounded(.up)
    self.init(map: map, lower: power(10, low), upper: power(10, max(high, low + 1)))
  }

  /// What a cell with this value shows.
  public static func kind(of value: Double?) -> Kind {
    guard let value else { return .notRecorded }
    if value.isNaN { return .notANumber }
    if value.isInfinite { return .infinite }
    return value == 0 ? .zero : .number
  }

  /// The place of a value's logarithm between the limits, 0 to 1.
  func place(ofLogarithm exponent: Double) -> Double {
    let low = decimalLogarithm(lower)
    return (exponent - low) / (decimalLogarithm(upper) - low)
  }

  /// The pixel of a value without a logarithm: each kind has a pattern of its own, so that it is not told by hue alone.
  static func pixel(_ kind: Kind, x: Int, y: Int, unit: Int, theme: Theme) -> UInt32 {
    let u = max(unit, 1)
    switch kind {
    case .number: return 0
    case .zero: return x / u % 4 == 1 && y / u % 4 == 1 ? theme.muted.code : theme.zero.code
    case .notRecorded: return (x + y) / u % 5 == 0 ? theme.axis.code : theme.grid.code
    case .infinite: return y / u % 4 == 0 || x / u % 4 == 0 ? theme.background.code : theme.infinite.code
    case .notANumber:
      return (x + u * 1000 - y % (u * 1000)) / u % 4 == 0 ? theme.background.code : theme.notANumber.code
    }
  }
}
