/// One row of a ridgeline plot: a filled density curve over a base line. Add rows from the back to the front, since each hides
/// parts of those before it.
public struct RidgeMark: Mark {
  /// The x of each density, ascending.
  public var x: [Double]
  /// The densities, in units of the y axis above `base`; values that are not finite count as 0.
  public var heights: [Double]
  /// The y of the base line.
  public var base: Double
  /// The colour of the line; the fill is the same colour with an opacity of 35 %.
  public var color: ColorRole

  /// A ridge of densities at ascending x.
  public init(x: [Double], heights: [Double], base: Double, color: ColorRole) {
    self.x = x
    self.heights = heights
    self.base = base
    self.color = color
  }

  /// Includes the values.
  public func extend(_ limits: inout DataLimits) {
    limits.x.include(x)
    limits.y.include(base)
    limits.y.include(heights.map { base + $0 })
  }

  /// Draws the mark.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    let points = zip(x, heights).compactMap { area.point($0, base + ($1.isFinite ? $1 : 0)) }
    guard let first = points.first, let last = points.last, let bottom = area.y(of: base) else { return }
    let outline = [Point(first.x, bottom)] + points + [Point(last.x, bottom)]
    canvas.fill(outline, area.theme.color(.background.opacity(0.85)))
    canvas.fill(outline, area.theme.color(color.opacity(0.35)))
    canvas.stroke(points, Stroke(area.theme.color(color), width: 1))
  }
}
