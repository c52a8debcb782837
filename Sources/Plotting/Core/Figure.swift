/// A picture: panels in a grid, with a title, a legend and a caption.
public struct Figure: Sendable {
  /// The first line; empty for none.
  public var title: String
  /// What stands under it; empty for nothing.
  public var subtitle: String
  /// What stands at the bottom: how to read the picture.
  public var caption: String
  /// The panels, row by row.
  public var panels: [Panel]
  /// How many panels a row has; as suits their number, if nil.
  public var columns: Int?
  /// Whether axis labels stand at the grid's left and bottom alone, since all panels show the same ranges.
  public var sharesAxes: Bool
  /// What inks mean in all panels.
  public var legend: [LegendEntry]
  /// What cells' colours mean in all panels.
  public var colorBar: ColorBar?
  /// What the picture shows, in sentences made from the data, for those who can't see it.
  public var description: String
  /// Its width and height.
  public var size: Size

  /// A figure made of its parts; lengths are in units of 1/96 inch.
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

  /// How many panels a row has.
  var gridColumns: Int {
    let count = panels.count
    return max(1, min(columns ?? Int(Double(count).squareRoot().rounded(.up)), count))
  }

  /// Draws the figure so that it fills `size` on a canvas. Narrow figures have smaller letters, and low ones leave out the
  /// caption, and then all but the first line under the title.
  public func draw(on canvas: any Canvas, theme: Theme = .light) {
    canvas.fill(Rectangle(left: 0, top: 0, width: size.width, height: size.height), theme.background)
    let letters = min(1, max(0.7, min(size.width / 900, size.width / Double(gridColumns) / 300).squareRoot()))
    FigureLayout(self, canvas, theme.withLetters(times: letters)).draw()
  }
}
