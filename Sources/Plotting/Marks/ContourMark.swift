/// Lines along which a quantity on a grid has the same value.
///
/// Source: Lorensen and Cline, "Marching cubes", 1987, in two dimensions; a saddle's lines go around its low corners.
public struct ContourMark: Mark {
  /// The x of each column, ascending.
  public var x: [Double]
  /// The y of each row, ascending.
  public var y: [Double]
  /// The values, row by row.
  public var values: [Double]
  /// The values that get a line.
  public var levels: [Double]
  /// What the lines are drawn in.
  public var ink: ColorRole
  /// How thick they are.
  public var width: Double

  /// Lines made of their parts.
  public init(x: [Double], y: [Double], values: [Double], levels: [Double], ink: ColorRole, width: Double = 1) {
    self.x = x
    self.y = y
    self.values = values
    self.levels = levels
    self.ink = ink
    self.width = width
  }

  /// Asks for the whole grid to be seen.
  public func extend(_ extent: inout Extent) {
    extent.x.include(x)
    extent.y.include(y)
  }

  /// Draws itself; cells of the grid with a corner that is not finite have no lines.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    guard values.count == x.count * y.count, x.count > 1, y.count > 1 else { return }
    let stroke = Stroke(frame.theme.color(ink), width: width)
    for level in levels {
      for row in 0..<y.count - 1 {
        for column in 0..<x.count - 1 {
          let ends = crossings(row: row, column: column, level).compactMap { frame.point($0.0, $0.1) }
          for pair in stride(from: 0, to: ends.count - 1, by: 2) {
            canvas.stroke([ends[pair], ends[pair + 1]], stroke)
          }
        }
      }
    }
  }

  /// Where a line of this level enters and leaves a cell, two places a line.
  private func crossings(row: Int, column: Int, _ level: Double) -> [(Double, Double)] {
    // Around the cell.
    let corners = [(0, 0), (0, 1), (1, 1), (1, 0)].map { down, right in
      (x: x[column + right], y: y[row + down], value: values[(row + down) * x.count + column + right])
    }
    guard corners.allSatisfy(\.value.isFinite) else { return [] }
    var places: [(Double, Double)] = []
    for index in 0..<4 {
      let a = corners[index], b = corners[(index + 1) % 4]
      guard (a.value < level) != (b.value < level) else { continue }
      let part = (level - a.value) / (b.value - a.value)
      places.append((a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)))
    }
    // Where all four sides are crossed, neighbours belong together around the corners that are lower.
    return places.count == 4 && corners[0].value >= level
      ? [places[0], places[1], places[2], places[3]]
      : places.count == 4 ? [places[3], places[0], places[1], places[2]] : places
  }
}
