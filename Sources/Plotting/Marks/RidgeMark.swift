/// A hill of densities on a level line: one row of a ridgeline plot. Rows are given from the back to the front, since each hides
/// what lies behind it.
public struct RidgeMark: Mark {
  /// The x of each density, ascending.
  public var x: [Double]
  /// The densities, in units of the y axis above `base`; what is not finite counts as 0.
  public var heights: [Double]
  /// The y that the hill stands on.
  public var base: Double
  /// What its line is drawn in; the ground below it is the same, fainter.
  public var ink: ColorRole

  /// A ridge made of its parts.
  public init(x: [Double], heights: [Double], base: Double, ink: ColorRole) {
    self.x = x
    self.heights = heights
    self.base = base
    self.ink = ink
  }

  /// Asks for its values to be seen.
  public func extend(_ extent: inout Extent) {
    extent.x.include(x)
    extent.y.include(base)
    extent.y.include(heights.map { base + $0 })
  }

  /// Draws itself.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    let points = zip(x, heights).compactMap { frame.point($0, base + ($1.isFinite ? $1 : 0)) }
    guard let first = points.first, let last = points.last, let foot = frame.top(of: base) else { return }
    let hill = [Point(first.x, foot)] + points + [Point(last.x, foot)]
    canvas.fill(hill, frame.theme.color(.background.opacity(0.85)))
    canvas.fill(hill, frame.theme.color(ink.opacity(0.35)))
    canvas.stroke(points, Stroke(frame.theme.color(ink), width: 1))
  }
}
