import Plotting

/// How values become colours.
enum HeatmapStyle {
  /// By their logarithm, over whole decades.
  case decades(ColorMap)
  /// Evenly from 0 to 1.
  case fraction(ColorMap)
  /// Evenly on both sides of 0, which is lightest.
  case symmetric

  var isSigned: Bool { if case .symmetric = self { true } else { false } }

  func colors(_ census: MagnitudeCensus) -> ColorScale {
    switch self {
    case .decades(let map): ColorScale(Scale(.log, from: census.decades.lowerBound, to: census.decades.upperBound), map)
    case .fraction(let map): ColorScale(Scale(.linear, from: 0, to: 1), map)
    case .symmetric: ColorScale(Scale(.linear, from: -census.roundLimit, to: census.roundLimit), .diverging)
    }
  }

  func key(_ census: MagnitudeCensus, title: String) -> ColorBar {
    let colors = colors(census)
    var key = ColorBar(colors, title: title, kinds: census.kinds)
    switch self {
    case .decades:
      key.extendsBelow = census.lowest < colors.scale.lower
      key.extendsAbove = census.highest > colors.scale.upper
    case .fraction:
      key.kinds.removeAll { $0 == .zero }
      key.extendsAbove = census.highest > 1
    case .symmetric:
      key.kinds.removeAll { $0 == .zero }
      key.extendsAbove = census.highest > colors.scale.upper
      key.extendsBelow = key.extendsAbove
    }
    return key
  }
}
