/// The area between two lines, with gaps where a value has no position.
public struct BandMark: Mark {
  /// The x of each pair of values, ascending.
  public var x: [Double]
  /// The lower values.
  public var lower: [Double]
  /// The upper values.
  public var upper: [Double]
  /// The fill colour.
  public var color: ColorRole
  /// Whether the range of the y axis includes the values.
  public var extends: Bool

  /// A band between lower and upper values at ascending x.
  public init(x: [Double], lower: [Double], upper: [Double], color: ColorRole, extends: Bool = true) {
    self.x = x
    self.lower = lower
    self.upper = upper
    self.color = color
    self.extends = extends
  }

  /// Includes the values.
  public func extend(_ limits: inout DataLimits) {
    limits.x.include(x)
    guard extends else { return }
    limits.y.include(lower)
    limits.y.include(upper)
  }

  /// Draws the mark.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    let fillColor = area.theme.color(color)
    var below: [Point] = [], above: [Point] = []
    var column = Double.nan
    func flush() {
      if below.count > 1 { canvas.fill(above + below.reversed(), fillColor) }
      below = []
      above = []
      column = .nan
    }
    for index in 0..<min(x.count, lower.count, upper.count) {
      guard let low = area.point(x[index], lower[index]), let high = area.point(x[index], upper[index]) else {
        flush()
        continue
      }
      let pixel = (low.x * canvas.resolution).rounded(.down)
      if pixel == column {
        below[below.count - 1].y = max(below[below.count - 1].y, low.y)
        above[above.count - 1].y = min(above[above.count - 1].y, high.y)
      } else {
        below.append(low)
        above.append(high)
        column = pixel
      }
    }
    flush()
  }
}
