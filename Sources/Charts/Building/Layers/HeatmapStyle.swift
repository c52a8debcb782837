import Plotting

/// How values are mapped to colours.
enum HeatmapStyle {
  /// Logarithmic, over whole decades.
  case decades(ColorMap)
  /// Linear from 0 to a round number.
  case linear(ColorMap)
  /// Linear from 0 to 1.
  case fraction(ColorMap)
  /// Linear and symmetric about 0, which has the lightest colour.
  case symmetric

  /// The style for values about which nothing is known: symmetric where one is negative, decades where the positive ones span more than a
  /// factor of 100, and linear otherwise.
  static func suitable(for selections: [LayerSelection]) -> HeatmapStyle {
    var lowest = Double.infinity, highest = 0.0
    for selection in selections {
      let width = selection.steps.count
      for row in selection.rows {
        for value in selection.values[row * width..<(row + 1) * width] where value.isFinite && value != 0 {
          if value < 0 { return .symmetric }
          lowest = min(lowest, value)
          highest = max(highest, value)
        }
      }
    }
    return highest > 100 * lowest ? .decades(.viridis) : .linear(.viridis)
  }

  var isSigned: Bool { if case .symmetric = self { true } else { false } }

  var isLogarithmic: Bool { if case .decades = self { true } else { false } }

  /// The values from the first to the last colour.
  func range(_ magnitudes: MagnitudeCounts) -> ClosedRange<Double> {
    switch self {
    case .decades: magnitudes.decades
    case .linear: 0...magnitudes.roundLimit
    case .fraction: 0...1
    case .symmetric: -magnitudes.roundLimit...magnitudes.roundLimit
    }
  }

  func colors(_ magnitudes: MagnitudeCounts) -> ColorScale {
    let range = range(magnitudes)
    let scale = Scale(isLogarithmic ? .log : .linear, from: range.lowerBound, to: range.upperBound)
    switch self {
    case .decades(let map), .linear(let map), .fraction(let map): return ColorScale(scale, map)
    case .symmetric: return ColorScale(scale, .diverging)
    }
  }

  func key(_ magnitudes: MagnitudeCounts, title: String) -> ColorBar {
    let colors = colors(magnitudes)
    var key = ColorBar(colors, title: title, kinds: magnitudes.kinds)
    switch self {
    case .decades:
      key.extendsBelow = magnitudes.lowest < colors.scale.lower
      key.extendsAbove = magnitudes.highest > colors.scale.upper
    case .linear, .fraction:
      key.kinds.removeAll { $0 == .zero }
      key.extendsAbove = magnitudes.highest > colors.scale.upper
    case .symmetric:
      key.kinds.removeAll { $0 == .zero }
      key.extendsAbove = magnitudes.highest > colors.scale.upper
      key.extendsBelow = key.extendsAbove
    }
    return key
  }
}
