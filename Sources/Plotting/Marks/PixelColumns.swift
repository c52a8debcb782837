/// Decimates a line: of the points in one pixel column it keeps the first, the lowest, the highest and the last, so that the line
/// looks the same.
package struct PixelColumns {
  private struct Column {
    let pixel: Double
    let first: Point
    var lowest, highest, last: Point
    var lowestIndex = 0, highestIndex = 0, count = 1
  }

  private let resolution: Double
  private var columns: [Column] = []
  private var count = 0

  package init(resolution: Double) { self.resolution = resolution }

  package var isEmpty: Bool { columns.isEmpty }

  package mutating func removeAll() {
    columns.removeAll(keepingCapacity: true)
    count = 0
  }

  package mutating func append(_ point: Point) {
    let pixel = (point.x * resolution).rounded(.down)
    count += 1
    let last = columns.count - 1
    guard last >= 0, columns[last].pixel == pixel else {
      columns.append(Column(pixel: pixel, first: point, lowest: point, highest: point, last: point))
      return
    }
    if point.y > columns[last].lowest.y {
      columns[last].lowest = point
      columns[last].lowestIndex = columns[last].count
    }
    if point.y < columns[last].highest.y {
      columns[last].highest = point
      columns[last].highestIndex = columns[last].count
    }
    columns[last].last = point
    columns[last].count += 1
  }

  /// Whether a line through the points goes up and down so often that it fills its pixel columns.
  package var areDense: Bool {
    guard columns.count > 1, count >= 3 * columns.count else { return false }
    let heights = columns.reduce(0) { $0 + $1.lowest.y - $1.highest.y }
    return heights * resolution > 1.5 * Double(columns.count)
  }

  /// The points that are kept, in order.
  package var points: [Point] {
    var points: [Point] = []
    for column in columns {
      points.append(column.first)
      let (earlier, later) =
        column.lowestIndex < column.highestIndex
        ? (column.lowest, column.highest) : (column.highest, column.lowest)
      if earlier != column.first, earlier != column.last { points.append(earlier) }
      if later != earlier, later != column.first, later != column.last { points.append(later) }
      if column.last != column.first { points.append(column.last) }
    }
    return points
  }

  /// The outline of a line of a width through all points: along the highest points of the columns, and back along the lowest.
  package func outline(width: Double) -> [Point] {
    var top = columns.map(\.highest.y), bottom = columns.map(\.lowest.y)
    // Between two columns the line passes a crossing, which both columns include.
    for index in columns.indices.dropFirst() {
      let crossing = (columns[index - 1].last.y + columns[index].first.y) / 2
      for side in [index - 1, index] {
        top[side] = min(top[side], crossing)
        bottom[side] = max(bottom[side], crossing)
      }
    }
    // Steps along pixel sides: horizontal and vertical edges are filled ten times as fast as others.
    func steps(_ heights: [Double]) -> [Point] {
      zip(columns, heights).flatMap { column, y in
        [Point(column.pixel / resolution, y), Point((column.pixel + 1) / resolution, y)]
      }
    }
    return steps(top.map { $0 - width / 2 }) + steps(bottom.map { $0 + width / 2 }).reversed()
  }
}
