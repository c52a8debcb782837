/// A line from point to point, broken where a value has no place.
public struct LineMark: Mark {
  /// The x of each point, ascending.
  public var x: [Double]
  /// The y of each point.
  public var y: [Double]
  /// What it is drawn in.
  public var ink: ColorRole
  /// How thick it is.
  public var width: Double
  /// ColorRole and gaps in turn; empty is solid.
  public var dash: [Double]
  /// Whether the y axis should show all of it, rather than what other marks need.
  public var extends: Bool

  /// A line made of its parts.
  public init(x: [Double], y: [Double], ink: ColorRole, width: Double = 1.5, dash: [Double] = [], extends: Bool = true)
  {
    self.x = x
    self.y = y
    self.ink = ink
    self.width = width
    self.dash = dash
    self.extends = extends
  }

  /// Asks for its values to be seen.
  public func extend(_ extent: inout Extent) {
    extent.x.include(x)
    if extends { extent.y.include(y) }
  }

  /// Draws itself.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    let stroke = Stroke(frame.theme.color(ink), width: width, dash: dash)
    var columns = PixelColumns(resolution: canvas.resolution)
    func flush() {
      guard !columns.isEmpty else { return }
      if columns.areDense, dash.isEmpty {
        // A stroke that crosses itself often takes a hundred times as long, and looks the same.
        canvas.fill(columns.outline(width: width), stroke.color)
      } else {
        canvas.stroke(columns.points, stroke)
      }
      columns.removeAll()
    }
    for index in 0..<min(x.count, y.count) {
      if let point = frame.point(x[index], y[index]) {
        columns.append(point)
      } else {
        flush()
      }
    }
    flush()
  }
}
