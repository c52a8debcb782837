/// Contour lines of values on a grid.
///
/// Source: Lorensen and Cline, "Marching cubes", 1987, in two dimensions; at a saddle, lines separate the low corners.
public struct ContourMark: Mark {
  /// The x of each column, ascending.
  public var x: [Double]
  /// The y of each row, ascending.
  public var y: [Double]
  /// The values, row by row: `y.count` rows of `x.count` values.
  public var values: [Double]
  /// The values at which lines are drawn.
  public var levels: [Double]
  /// The colour.
  public var color: ColorRole
  /// The width in units of 1/96 inch.
  public var width: Double

  /// Contour lines of `y.count` rows of `x.count` values.
  public init(x: [Double], y: [Double], values: [Double], levels: [Double], color: ColorRole, width: Double = 1) {
    self.x = x
    self.y = y
    self.values = values
    self.levels = levels
    self.color = color
    self.width = width
  }

  /// Includes the grid.
  public func extend(_ limits: inout DataLimits) {
    limits.x.include(x)
    limits.y.include(y)
  }

  /// Draws the lines; grid cells with a value that is not finite have none, nor has a grid whose number of values does not fit.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    guard values.count == x.count * y.count, x.count > 1, y.count > 1 else { return }
    let stroke = Stroke(area.theme.color(color), width: width)
    for level in levels {
      for row in 0..<y.count - 1 {
        for column in 0..<x.count - 1 {
          let ends = crossings(row: row, column: column, level).compactMap { area.point($0.0, $0.1) }
          for pair in stride(from: 0, to: ends.count - 1, by: 2) {
            canvas.stroke([ends[pair], ends[pair + 1]], stroke)
          }
        }
      }
    }
  }

  /// A corner of a grid cell.
  private struct Corner { let x, y, value: Double }

  /// The points where the lines of a level enter and leave a grid cell, two per line.
  private func crossings(row: Int, column: Int, _ level: Double) -> [(Double, Double)] {
    // In order around the cell.
    func corner(_ row: Int, _ column: Int) -> Corner {
      Corner(x: x[column], y: y[row], value: values[row * x.count + column])
    }
    let corners = [
      corner(row, column), corner(row, column + 1), corner(row + 1, column + 1), corner(row + 1, column),
    ]
    guard corners.allSatisfy(\.value.isFinite) else { return [] }
    var points: [(Double, Double)] = []
    for index in 0..<4 {
      let a = corners[index], b = corners[(index + 1) % 4]
      guard (a.value < level) != (b.value < level) else { continue }
      let part = (level - a.value) / (b.value - a.value)
      let x = a.x + part * (b.x - a.x), y = a.y + part * (b.y - a.y)
      points.append((x, y))
    }
    // Where all four sides are crossed, each line separates a low corner.
    return points.count == 4 && corners[0].value >= level
      ? [points[0], points[1], points[2], points[3]]
      : points.count == 4 ? [points[3], points[0], points[1], points[2]] : points
  }
}
