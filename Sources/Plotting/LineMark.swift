/// A line from point to point, broken where a value has no place.
public struct LineMark: Mark {
  /// The x of each point, ascending.
  public var x: [Double]
  /// The y of each point.
  public var y: [Double]
  /// What it is drawn in.
  public var ink: Ink
  /// How thick it is.
  public var width: Double
  /// Ink and gaps in turn; empty is solid.
  public var dash: [Double]
  /// Whether the y axis should show all of it, rather than what other marks need.
  public var extends: Bool

  /// A line made of its parts.
  public init(x: [Double], y: [Double], ink: Ink, width: Double = 1.5, dash: [Double] = [], extends: Bool = true) {
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
    var column = PixelColumn(resolution: canvas.resolution)
    for index in 0..<min(x.count, y.count) {
      if let point = frame.point(x[index], y[index]) {
        column.append(point)
      } else {
        let run = column.take()
        if !run.isEmpty { canvas.stroke(run, stroke) }
      }
    }
    let run = column.take()
    if !run.isEmpty { canvas.stroke(run, stroke) }
  }
}

/// Thins a line: of the points that share a column of pixels it keeps the first, the lowest, the highest and the last, in
/// their order, so the picture stays the same.
package struct PixelColumn {
  private let resolution: Double
  private var column = Double.nan
  private var kept: [Point] = []
  private var first = Point(0, 0), lowest = Point(0, 0), highest = Point(0, 0), last = Point(0, 0)
  private var lowestPlace = 0, highestPlace = 0, count = 0

  package init(resolution: Double) { self.resolution = resolution }

  package mutating func append(_ point: Point) {
    let pixel = (point.x * resolution).rounded(.down)
    if pixel != column || count == 0 {
      flush()
      column = pixel
      first = point
      lowest = point
      highest = point
      lowestPlace = 0
      highestPlace = 0
      count = 0
    } else {
      if point.y > lowest.y {
        lowest = point
        lowestPlace = count
      }
      if point.y < highest.y {
        highest = point
        highestPlace = count
      }
    }
    last = point
    count += 1
  }

  /// What is kept of all points since the last call.
  package mutating func take() -> [Point] {
    flush()
    count = 0
    defer { kept = [] }
    return kept
  }

  private mutating func flush() {
    guard count > 0 else { return }
    kept.append(first)
    let (earlier, later) = lowestPlace < highestPlace ? (lowest, highest) : (highest, lowest)
    if earlier != first, earlier != last { kept.append(earlier) }
    if later != earlier, later != first, later != last { kept.append(later) }
    if last != first { kept.append(last) }
  }
}
