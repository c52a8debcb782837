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
  public var colorKey: ColorKey?
  /// What the picture shows, in sentences made from the data, for those who can't see it.
  public var description: String
  /// Its width and height.
  public var size: Size

  /// A figure made of its parts; lengths are in units of 1/96 inch.
  public init(
    title: String = "", subtitle: String = "", caption: String = "", panels: [Panel], columns: Int? = nil,
    sharesAxes: Bool = false, legend: [LegendEntry] = [], colorKey: ColorKey? = nil, description: String = "",
    size: Size = Size(width: 900, height: 520)
  ) {
    self.title = title
    self.subtitle = subtitle
    self.caption = caption
    self.panels = panels
    self.columns = columns
    self.sharesAxes = sharesAxes
    self.legend = legend
    self.colorKey = colorKey
    self.description = description
    self.size = size
  }

  /// Draws the figure so that it fills `size` on a canvas.
  public func draw(on canvas: any Canvas, theme: Theme = .light) {
    canvas.fill(Rectangle(left: 0, top: 0, width: size.width, height: size.height), theme.background)
    FigureLayout(self, canvas, theme).draw()
  }
}
