/// The colours and sizes of a figure. What a figure draws names an `ColorRole`; the theme says how it looks.
public struct Theme: Sendable, Hashable {
  /// The name by which the command line knows it.
  public let name: String
  /// The ground of all.
  public let background: Color
  /// Titles, and the titles of axes.
  public let text: Color
  /// Labels, ticks, captions.
  public let muted: Color
  /// Lines that help to read values off.
  public let grid: Color
  /// Axis lines.
  public let axis: Color
  /// One colour a series, to be taken in order.
  public let series: [Color]
  /// Cells that hold no number on the colour scale.
  public let blank: Color
  /// The marks on such cells.
  public let blankMark: Color

  /// The title of the figure.
  public private(set) var titleFont = Font(size: 17, isBold: true)
  /// What stands under the title.
  public private(set) var subtitleFont = Font(size: 12.5)
  /// The title of a panel.
  public private(set) var stripFont = Font(size: 13, isBold: true)
  /// Axis titles, legends and labels at lines.
  public private(set) var labelFont = Font(size: 12.5)
  /// Numbers along an axis, notes and captions.
  public private(set) var tickFont = Font(size: 11.5)

  /// On white, for paper.
  ///
  /// The series' colours have the hues of Okabe and Ito, without yellow, which no line can have on white. Lightness and
  /// saturation were searched for so that labels in them can be read (contrast 4.5) and that they differ for eyes that lack
  /// one kind of cones. Source of the hues: Okabe and Ito, "Color universal design", 2008.
  public static let light = Theme(
    name: "light", background: Color(0xFFFFFF), text: Color(0x1A1A1A), muted: Color(0x555555), grid: Color(0xE6E6E6),
    axis: Color(0x8A8A8A),
    series: [0x0077A8, 0xB65E0F, 0x084E31, 0xCB2B74, 0x295C8B, 0x7B5000, 0x1A1A1A].map { Color($0) },
    blank: Color(0xF2F2F2), blankMark: Color(0x7A7A7A))

  /// On near black, for screens.
  public static let dark = Theme(
    name: "dark", background: Color(0x14171C), text: Color(0xF0F0F0), muted: Color(0xB4B8BE), grid: Color(0x2A2F36),
    axis: Color(0x7C828B),
    series: [0x61A5ED, 0xC9A227, 0x3DEBC4, 0xE478B4, 0x6C86DD, 0xDE6241, 0xF0F0F0].map { Color($0) },
    blank: Color(0x2A2F36), blankMark: Color(0x9AA0A8))

  /// All themes, by which the command line finds them.
  public static let all = [light, dark]

  /// The same with letters of another size.
  func withLetters(times factor: Double) -> Theme {
    var theme = self
    for font in [\Theme.titleFont, \.subtitleFont, \.stripFont, \.labelFont, \.tickFont] {
      theme[keyPath: font].size *= factor
    }
    return theme
  }

  /// How an ink looks.
  public func color(_ ink: ColorRole) -> Color {
    switch ink.kind {
    case .background: background.opacity(ink.opacity)
    case .text: text.opacity(ink.opacity)
    case .muted: muted.opacity(ink.opacity)
    case .grid: grid.opacity(ink.opacity)
    case .axis: axis.opacity(ink.opacity)
    case .series(let index): series[index % series.count].opacity(ink.opacity)
    case .fixed(let color): color.opacity(color.opacity * ink.opacity)
    }
  }
}

/// What something is drawn in, whatever the theme.
public struct ColorRole: Sendable, Hashable {
  enum Kind: Hashable { case background, text, muted, grid, axis, series(Int), fixed(Color) }
  let kind: Kind
  var opacity = 1.0

  /// The ground.
  public static let background = ColorRole(kind: .background)
  /// The strongest ink.
  public static let text = ColorRole(kind: .text)
  /// The ink of what should not be seen first.
  public static let muted = ColorRole(kind: .muted)
  /// The faintest ink.
  public static let grid = ColorRole(kind: .grid)
  /// The ink of axes.
  public static let axis = ColorRole(kind: .axis)
  /// The ink of the series with this number, from 0.
  public static func series(_ index: Int) -> ColorRole { ColorRole(kind: .series(index)) }
  /// A colour whatever the theme.
  public static func fixed(_ color: Color) -> ColorRole { ColorRole(kind: .fixed(color)) }

  /// The same ink, partly clear.
  public func opacity(_ opacity: Double) -> ColorRole { ColorRole(kind: kind, opacity: opacity) }
}
