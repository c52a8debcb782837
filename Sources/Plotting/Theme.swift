/// The colours and sizes that all charts share. Sizes are in points.
public struct Theme: Sendable {
  /// As the user knows it.
  public var name: String
  /// Behind everything.
  public var background: Color
  /// For titles and labels.
  public var text: Color
  /// For captions, tick labels and what else should stay behind the data.
  public var muted: Color
  /// For the faint lines at an axis’s marks.
  public var grid: Color
  /// For axes and their marks.
  public var axis: Color
  /// For lines that are a reference, not data.
  public var reference: Color
  /// One a series, in order; told apart by most colour-blind readers, and doubled by dashes and markers.
  public var series: [Color]
  /// Cells that a colour map has no colour for.
  public var zero: Color
  /// For NaN.
  public var notANumber: Color
  /// For infinities.
  public var infinite: Color
  /// Of the figure’s title.
  public var titleSize = 15.0
  /// Of labels, legends and strip titles.
  public var labelSize = 11.0
  /// Of the numbers along axes.
  public var tickSize = 10.0
  /// Of the caption.
  public var captionSize = 9.5

  /// Okabe and Ito's palette ("Color universal design", 2008) without its yellow, darkened where white lies behind it.
  public static let light = Theme(
    name: "light", background: Color(0xFFFFFF), text: Color(0x1B1F24), muted: Color(0x57606A), grid: Color(0xE7EAED),
    axis: Color(0x8C959F), reference: Color(0x6E7781),
    series: [0x0072B2, 0xC24E00, 0x007F5F, 0xA8427E, 0x8A6100, 0x3B3B3B].map { Color($0) }, zero: Color(0x15171A),
    notANumber: Color(0xD1242F), infinite: Color(0xF57C00))

  /// For dark backgrounds; the same hues, lighter.
  public static let dark = Theme(
    name: "dark", background: Color(0x14171B), text: Color(0xE6EDF3), muted: Color(0x9DA7B1), grid: Color(0x2A3037),
    axis: Color(0x6E7781), reference: Color(0x8B949E),
    series: [0x56B4E9, 0xE69F00, 0x1FBF92, 0xE08BBB, 0xC98B5A, 0xD0D7DE].map { Color($0) }, zero: Color(0x000000),
    notANumber: Color(0xFF5A5F), infinite: Color(0xFFA040))

  /// Dashes of a series, so that colour is not all that tells it apart.
  public func dashes(of series: Int) -> [Double] {
    [[], [7, 3], [2, 2.5], [9, 3, 2, 3], [4, 2], [12, 4], [1, 2]][series % 7]
  }

  /// The colour of a series, by its number from 0.
  public func color(of series: Int) -> Color { self.series[series % self.series.count] }
}
