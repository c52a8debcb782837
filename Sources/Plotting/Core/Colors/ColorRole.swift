import Support

/// What a colour is used for. The theme decides which colour that is, so a figure can be drawn in any theme.
///
///     LineMark(x: x, y: y, color: .series(0))
///     BandMark(x: x, lower: low, upper: high, color: .series(0).opacity(0.2))
public struct ColorRole: Sendable, Hashable {
  enum Kind: Hashable { case background, text, muted, grid, axis, series(Int), fixed(Color) }
  let kind: Kind
  var opacity = 1.0
  /// The share of the text's colour in it.
  var depth = 0.0

  /// The background of the figure.
  public static let background = ColorRole(kind: .background)
  /// Text and other prominent parts.
  public static let text = ColorRole(kind: .text)
  /// Less prominent parts, such as tick labels and reference lines.
  public static let muted = ColorRole(kind: .muted)
  /// Grid lines.
  public static let grid = ColorRole(kind: .grid)
  /// Axis lines.
  public static let axis = ColorRole(kind: .axis)
  /// The colour of series `index`, counted from 0; colours repeat after the theme's last. Stops the program if `index` is
  /// negative.
  public static func series(_ index: Int) -> ColorRole {
    ColorRole(kind: .series(seriesIndex(index, count: .max, in: "ColorRole.series")))
  }
  /// The colour of a member of an ordered family, such as one of several learning rates: at 0 that of series `index`, and towards
  /// that of text as `position` grows to 1, so that the members are a ramp of one hue. Stops the program if `index` is negative.
  public static func series(_ index: Int, position: Double) -> ColorRole {
    var role = series(index)
    role.depth = 0.8 * min(max(position, 0), 1)
    return role
  }
  /// A colour that is the same in every theme.
  public static func fixed(_ color: Color) -> ColorRole { ColorRole(kind: .fixed(color)) }

  /// The dash pattern that tells a series from others without colour, `Stroke.dash(ofSeries:)`; solid for other roles.
  public var dash: [Double] { if case .series(let index) = kind { Stroke.dash(ofSeries: index) } else { [] } }

  /// The same colour with an opacity from 0 for transparent to 1 for opaque.
  public func opacity(_ opacity: Double) -> ColorRole { ColorRole(kind: kind, opacity: opacity, depth: depth) }
}

extension Theme {
  /// The colour that the theme gives to a role. Stops the program if the role is a series and `series` is empty.
  public func color(_ role: ColorRole) -> Color {
    switch role.kind {
    case .background: background.opacity(role.opacity)
    case .text: text.opacity(role.opacity)
    case .muted: muted.opacity(role.opacity)
    case .grid: grid.opacity(role.opacity)
    case .axis: axis.opacity(role.opacity)
    case .series(let index): text.opacity(role.depth).over(color(ofSeries: index)).opacity(role.opacity)
    case .fixed(let color): color.opacity(color.opacity * role.opacity)
    }
  }

  private func color(ofSeries index: Int) -> Color {
    guard !series.isEmpty else {
      stop("Theme.color", "theme “\(name)” has no colours for series; give it at least one")
    }
    return series[index % series.count]
  }
}
