/// A line from point to point, with gaps where a value has no position.
public struct LineMark: Mark {
  /// The x of each point, ascending.
  public var x: [Double]
  /// The y of each point.
  public var y: [Double]
  /// The colour.
  public var color: ColorRole
  /// The width in units of 1/96 inch.
  public var width: Double
  /// The lengths of dashes and gaps in turn, in units of 1/96 inch; empty for a solid line.
  public var dash: [Double]
  /// Whether the range of the y axis includes the values.
  public var extends: Bool

  /// A line through points with ascending x; 1.5 units wide by default, and with the dash pattern of its colour, `ColorRole.dash`.
  public init(
    x: [Double], y: [Double], color: ColorRole, width: Double = 1.5, dash: [Double]? = nil, extends: Bool = true
  ) {
    self.x = x
    self.y = y
    self.color = color
    self.width = width
    self.dash = dash ?? color.dash
    self.extends = extends
  }

  /// Includes the values.
  public func extend(_ limits: inout DataLimits) {
    limits.x.include(x)
    if extends { limits.y.include(y) }
  }

  /// Draws the mark.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    let stroke = Stroke(area.theme.color(color), width: width, dash: dash)
    var columns = PixelColumns(resolution: canvas.resolution)
    func flush() {
      guard !columns.isEmpty else { return }
      if columns.areDense {
        // Stroking a dense line takes about a hundred times as long as filling its outline, and looks the same; dashes are not seen in it.
        canvas.fill(columns.outline(width: width), stroke.color)
      } else {
        canvas.stroke(columns.points, stroke)
      }
      columns.removeAll()
    }
    for index in 0..<min(x.count, y.count) {
      if let point = area.point(x[index], y[index]) {
        columns.append(point)
      } else {
        flush()
      }
    }
    flush()
  }
}
