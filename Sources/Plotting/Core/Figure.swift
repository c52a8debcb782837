/// A figure: panels in a grid with a title, a legend, a colour bar and a caption.
///
///     let figure = Figure(
///       title: "Training loss",
///       panels: [
///         Panel(
///           x: Axis(.integer, "step"), y: Axis(.log, "loss"),
///           marks: [LineMark(x: steps, y: losses, color: .series(0))])
///       ])
///     try figure.write(to: "loss.png")
///
/// `CairoBackend` writes figures to PNG, SVG and PDF files, and `Terminal` prints them.
public struct Figure: Sendable {
  /// The title; empty for none.
  public var title: String
  /// The lines below the title; empty for none.
  public var subtitle: String
  /// The text at the bottom, such as how to read the figure; empty for none.
  public var caption: String
  /// The panels, row by row.
  public var panels: [Panel]
  /// The number of panels per row; nil for a grid that is about square. Figures narrower than 800 units have at most two per row, those
  /// narrower than 450 have one, unless rows would be lower than 90 units.
  public var columns: Int?
  /// Whether tick labels and axis titles are drawn only at the left and bottom of the grid. For panels with the same ranges.
  public var sharesAxes: Bool
  /// The legend for all panels.
  public var legend: [LegendEntry]
  /// The colour bar for all panels; nil for none.
  public var colorBar: ColorBar?
  /// A description of what the figure shows, for readers who can't see it. PNG, SVG and PDF files contain it.
  public var description: String
  /// The width and height in units of 1/96 inch.
  public var size: Size

  /// A figure of the given panels, 900 × 520 units of 1/96 inch by default.
  public init(
    title: String = "", subtitle: String = "", caption: String = "", panels: [Panel], columns: Int? = nil,
    sharesAxes: Bool = false, legend: [LegendEntry] = [], colorBar: ColorBar? = nil, description: String = "",
    size: Size = Size(width: 900, height: 520)
  ) {
    self.title = title
    self.subtitle = subtitle
    self.caption = caption
    self.panels = panels
    self.columns = columns
    self.sharesAxes = sharesAxes
    self.legend = legend
    self.colorBar = colorBar
    self.description = description
    self.size = size
  }

  /// The number of panels per row that is used. Rows that belong together are divided into equal parts.
  var gridColumns: Int {
    let count = panels.count
    let wanted = max(1, min(columns ?? Int(Double(count).squareRoot().rounded(.up)), count))
    let limit = size.width < 450 ? 1 : size.width < 800 ? 2 : wanted
    guard wanted > limit else { return wanted }
    // The last panel of each row has the colour bar of its row.
    let bars = panels.filter { $0.colorBar != nil }.count, hasRows = bars > 1 && bars < count
    return (limit..<wanted).first { columns in
      let rows = (count + columns - 1) / columns
      return (!hasRows || wanted % columns == 0) && (size.height - 60) / Double(rows) >= 90
    } ?? wanted
  }

  /// Draws the figure on a canvas, in the rectangle from 0, 0 to `size`. Narrow figures have smaller text, down to three
  /// quarters: 6.5 points for ticks. Where the height is small, the first line of a subtitle of several lines is left out, which holds
  /// settings; on figures too low to read, the caption and the rest of the subtitle too. Control characters of texts are shown as escapes.
  public func draw(on canvas: any Canvas, theme: Theme = .light) {
    let canvas = LabelCanvas(canvas)
    canvas.fill(Rectangle(left: 0, top: 0, width: size.width, height: size.height), theme.background)
    let fontScale = min(1, max(0.75, min(size.width / 900, size.width / Double(gridColumns) / 300).squareRoot()))
    FigureLayout(self, canvas, theme.scalingFonts(by: fontScale)).draw()
  }
}
