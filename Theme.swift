/// The colours and text sizes of a figure.
///
/// Text stands out at least 4.5 : 1 against the background and lines at least 3 : 1. The series are Okabe and Ito's
/// colours for colour-blind readers without yellow (2008), darkened or lightened until they reach that contrast.
public struct Theme: Sendable, Hashable {
  /// The name that selects the theme: "light" or "dark".
  public var name: String
  /// The paper.
  public var background: Color
  /// Titles and labels.
  public var text: Color
  /// Subtitles, tick labels and captions.
  public var secondaryText: Color
  /// Axis lines and ticks.
  public var axis: Color
  /// Grid lines: decoration, so fainter than 3 : 1.
  public var grid: Color
  /// Reference lines and theory.
  public var reference: Color
  /// Marks of failure, such as the × of a diverged seed.
  public var alarm: Color
  /// Colours of the first series, the second and so on; they repeat after the last.
  public var series: [Color]

  /// Dark ink on white paper; the default.
  public static let light = Theme(
    name: "light", background: Color(0xFFFFFF), text: Color(0x1B1E23), secondaryText: Color(0x565C66),
    axis: Color(0x7A808A), grid: Color(0xE3E6EA), reference: Color(0x6B717B), alarm: Color(0xB3261E),
    series: [
      Color(0x0072B2), Color(0xD55E00), Color(0x00805D), Color(0xB8568F), Color(0xA87400), Color(0x2E8FCB),
      Color(0x33373D),
    ])

  /// Light ink on near-black paper.
  public static let dark = Theme(
    name: "dark", background: Color(0x14171C), text: Color(0xECEEF1), secondaryText: Color(0xA7AEB8),
    axis: Color(0x79808B), grid: Color(0x2A2F37), reference: Color(0x9097A1), alarm: Color(0xFF7A70),
    series: [
      Color(0x3D9BDB), Color(0xEE7733), Color(0x1DB68B), Color(0xDB8FBC), Color(0xE6A92E), Color(0x8CCBF0),
      Color(0xDADDE2),
    ])

  /// Every theme by name.
  public static let all = [light, dark]

  /// The colour that a role has in this theme.
  public func color(_ ink: Ink) -> Color {
    switch ink.role {
    case .background: background.faded(ink.opacity)
    case .text: text.faded(ink.opacity)
    case .secondaryText: secondaryText.faded(ink.opacity)
    case .axis: axis.faded(ink.opacity)
    case .grid: grid.faded(ink.opacity)
    case .reference: reference.faded(ink.opacity)
    case .alarm: alarm.faded(ink.opacity)
    case .series(let index): series[index % series.count].faded(ink.opacity)
    case .fixed(let color): color.faded(ink.opacity)
    }
  }
}

/// What a mark is drawn with: a role, so that a figure can change its theme after it was made.
public struct Ink: Sendable, Hashable {
  enum Role: Hashable { case background, text, secondaryText, axis, grid, reference, alarm, series(Int), fixed(Color) }
  var role: Role
  var opacity = 1.0

  /// The paper's own colour.
  public static let background = Ink(role: .background)
  /// Titles and labels.
  public static let text = Ink(role: .text)
  /// Subtitles, tick labels and captions.
  public static let secondaryText = Ink(role: .secondaryText)
  /// Axis lines and ticks.
  public static let axis = Ink(role: .axis)
  /// Grid lines.
  public static let grid = Ink(role: .grid)
  /// Reference lines and theory.
  public static let reference = Ink(role: .reference)
  /// Marks of failure.
  public static let alarm = Ink(role: .alarm)
  /// The colour of series number `index`, counted from 0.
  public static func series(_ index: Int) -> Ink { Ink(role: .series(index)) }
  /// One colour in every theme.
  public static func fixed(_ color: Color) -> Ink { Ink(role: .fixed(color)) }

  /// The same ink, `opacity` times as opaque.
  public func faded(_ opacity: Double) -> Ink { Ink(role: role, opacity: self.opacity * opacity) }
}
