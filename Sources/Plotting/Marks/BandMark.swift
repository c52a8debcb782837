/// The area between two lines, broken where a value has no place.
public struct BandMark: Mark {
  /// The x of each pair, ascending.
  public var x: [Double]
  /// The lower values.
  public var lower: [Double]
  /// The upper values.
  public var upper: [Double]
  /// What it is filled with.
  public var ink: ColorRole
  /// Whether the y axis should show all of it, rather than what other marks need.
  public var extends: Bool

  /// A band made of its parts.
  public init(x: [Double], lower: [Double], upper: [Double], ink: ColorRole, extends: Bool = true) {
    self.x = x
    self.lower = lower
    self.upper = upper
    self.ink = ink
    self.extends = extends
  }

  /// Asks for its values to be seen.
  public func extend(_ extent: inout Extent) {
    extent.x.include(x)
    guard extends else { return }
    extent.y.include(lower)
    extent.y.include(upper)
  }

  /// Draws itself.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    let color = frame.theme.color(ink)
    var below: [Point] = [], above: [Point] = []
    var column = Double.nan
    func flush() {
      if below.count > 1 { canvas.fill(above + below.reversed(), color) }
      below = []
      above = []
      column = .nan
    }
    for index in 0..<min(x.count, lower.count, upper.count) {
      guard let low = frame.point(x[index], lower[index]), let high = frame.point(x[index], upper[index]) else {
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
