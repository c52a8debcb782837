/// Thins a line: of the points that share a column of pixels it keeps the first, the lowest, the highest and the last, so the
/// picture stays the same.
package struct PixelColumns {
  private struct Column {
    let pixel: Double
    let first: Point
    var lowest, highest, last: Point
    var lowestPlace = 0, highestPlace = 0, count = 1
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
    let place = columns.count - 1
    guard place >= 0, columns[place].pixel == pixel else {
      columns.append(Column(pixel: pixel, first: point, lowest: point, highest: point, last: point))
      return
    }
    if point.y > columns[place].lowest.y {
      columns[place].lowest = point
      columns[place].lowestPlace = columns[place].count
    }
    if point.y < columns[place].highest.y {
      columns[place].highest = point
      columns[place].highestPlace = columns[place].count
    }
    columns[place].last = point
    columns[place].count += 1
  }

  /// Whether a line through the points goes up and down so often that it covers its columns.
  package var areDense: Bool {
    guard columns.count > 1, count >= 3 * columns.count else { return false }
    let heights = columns.reduce(0) { $0 + $1.lowest.y - $1.highest.y }
    return heights * resolution > 1.5 * Double(columns.count)
  }

  /// What is kept of the points, in their order.
  package var points: [Point] {
    var points: [Point] = []
    for column in columns {
      points.append(column.first)
      let (earlier, later) =
        column.lowestPlace < column.highestPlace
        ? (column.lowest, column.highest) : (column.highest, column.lowest)
      if earlier != column.first, earlier != column.last { points.append(earlier) }
      if later != earlier, later != column.first, later != column.last { points.append(later) }
      if column.last != column.first { points.append(column.last) }
    }
    return points
  }

  /// The outline of a line of this width through all points: along the columns' highest points and back along the lowest.
  package func outline(width: Double) -> [Point] {
    var top = columns.map(\.highest.y), bottom = columns.map(\.lowest.y)
    // Where a line crosses from column to column, both reach to the crossing.
    for index in columns.indices.dropFirst() {
      let crossing = (columns[index - 1].last.y + columns[index].first.y) / 2
      for side in [index - 1, index] {
        top[side] = min(top[side], crossing)
        bottom[side] = max(bottom[side], crossing)
      }
    }
    // Steps along the pixels' sides: level and upright edges are filled ten times as fast as others.
    func steps(_ heights: [Double]) -> [Point] {
      zip(columns, heights).flatMap { column, y in
        [Point(column.pixel / resolution, y), Point((column.pixel + 1) / resolution, y)]
      }
    }
    return steps(top.map { $0 - width / 2 }) + steps(bottom.map { $0 + width / 2 }).reversed()
  }
}
