/// The colours and fonts of a figure. Marks name a `ColorRole`, and the theme gives it a colour.
///
/// A theme of your own is a changed copy of one of these:
///
///     var theme = Theme.light
///     theme.series = [Color(0x00429D), Color(0xB22222)]
///     try figure.write(to: "figure.pdf", theme: theme)
public struct Theme: Sendable, Hashable {
  /// The name.
  public var name: String
  /// The background of the figure.
  public var background: Color
  /// Titles of figures, panels and axes.
  public var text: Color
  /// Tick labels, subtitles and captions.
  public var muted: Color
  /// Grid lines.
  public var grid: Color
  /// Axis lines.
  public var axis: Color
  /// The colours of series, in order; they repeat after the last. Must not be empty.
  public var series: [Color]
  /// The background of heatmap cells that hold no number.
  public var emptyCell: Color
  /// The pattern on such cells.
  public var emptyCellPattern: Color

  /// The title of the figure.
  public var titleFont = Font(size: 17, isBold: true)
  /// The subtitle of the figure.
  public var subtitleFont = Font(size: 12.5)
  /// The title of a panel.
  public var panelTitleFont = Font(size: 13, isBold: true)
  /// Axis titles, legends and direct labels.
  public var labelFont = Font(size: 12.5)
  /// Tick labels, annotations and captions.
  public var tickFont = Font(size: 11.5)

  /// A white background, for print.
  ///
  /// The colours of series come from a search, `.scripts/palette`. Every colour has a contrast of at least 4.5, so that labels are
  /// readable. For readers with normal sight, protanopia, deuteranopia and tritanopia, the smallest distance of two colours by CIEDE2000
  /// is at least 15 among the first five and at least 12 among all seven.
  public static let light = Theme(
    name: "light", background: Color(0xFFFFFF), text: Color(0x1A1A1A), muted: Color(0x555555), grid: Color(0xE6E6E6),
    axis: Color(0x8A8A8A),
    series: [0x0573E6, 0x9B6E0F, 0x0F5F46, 0xE1196E, 0x5A3296, 0x784B05, 0x6973A0].map { Color($0) },
    emptyCell: Color(0xF2F2F2), emptyCellPattern: Color(0x7A7A7A))

  /// A nearly black background, for screens. The colours of series satisfy the same limits as those of `light`.
  public static let dark = Theme(
    name: "dark", background: Color(0x14171C), text: Color(0xF0F0F0), muted: Color(0xB4B8BE), grid: Color(0x2A2F36),
    axis: Color(0x7C828B),
    series: [0x4B8CA0, 0xB4733C, 0x91C382, 0xAA5AFA, 0xFF0091, 0xE6A005, 0x55B4EB].map { Color($0) },
    emptyCell: Color(0x2A2F36), emptyCellPattern: Color(0x9AA0A8))

  /// All themes.
  public static let all = [light, dark]

  /// The same theme with all font sizes multiplied by a factor.
  func scalingFonts(by factor: Double) -> Theme {
    var theme = self
    for font in [\Theme.titleFont, \.subtitleFont, \.panelTitleFont, \.labelFont, \.tickFont] {
      theme[keyPath: font].size *= factor
    }
    return theme
  }
}
