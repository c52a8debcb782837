import Foundation
import Rheoscope
import Support

/// Numbers over two settings, and the lines that theory draws across them.
public struct CellGrid: Sendable {
  /// The settings from left to right, ascending.
  public let columns: [Double]
  /// The settings from bottom to top, ascending, evenly spaced on the map's axis.
  public let rows: [Double]
  /// The numbers, row by row; NaN where something went astray.
  public let values: [Double]
  /// What is drawn across the cells.
  public let lines: [Line]

  /// A line with its name, through places that are given by both settings.
  public struct Line: Sendable {
    let name: String
    let x: [Double]
    let y: [Double]

    /// A line made of its parts; the name is empty where another line's says what it is.
    public init(_ name: String, x: [Double], y: [Double]) {
      self.name = name
      self.x = x
      self.y = y
    }
  }

  /// A grid made of its parts; `value` is asked for each cell, by its column and its row.
  public init(
    columns: [Double], rows: [Double], lines: [Line] = [], value: (_ column: Double, _ row: Double) -> Double
  ) {
    self.columns = columns
    self.rows = rows
    self.lines = lines
    values = rows.flatMap { row in columns.map { value($0, row) } }
  }
}

extension ExperimentFigure {
  /// A map of cells over two settings that the axes describe, their colours from `colors`, whose meaning `key` says.
  ///
  /// Beyond its ends a colour scale shows the end's colour. Rows are evenly spaced on the y axis, which is why it is
  /// logarithmic where they are multiples of each other.
  public static func map(
    _ name: String, _ caption: String, _ detail: String = "", x: Axis, y: Axis, key: String, colors: ColorScale,
    grid: @escaping @Sendable (Results) throws -> CellGrid
  ) -> ExperimentFigure {
    ExperimentFigure(name, caption) { results in
      let grid = try grid(results)
      var key = ColorBar(colors, title: key)
      key.extendsBelow = grid.values.contains { $0 < colors.scale.lower }
      key.extendsAbove = grid.values.contains { $0 > colors.scale.upper && $0.isFinite }
      if grid.values.contains(where: \.isNaN) { key.kinds.append(.notANumber) }
      if grid.values.contains(where: \.isInfinite) { key.kinds.append(.infinite) }
      var panel = Panel(x: x, y: y, colorBar: key)
      (panel.x.hasGrid, panel.x.isTight) = (false, true)
      (panel.y.hasGrid, panel.y.isTight) = (false, true)
      let height = y.kind.ends(of: grid.rows)
      panel.y.range = height
      panel.marks.append(
        CellMark(
          columns: grid.columns, rows: Array(grid.rows.indices), values: grid.values, colors: colors, height: height))
      for line in grid.lines {
        // White on black is seen on every colour.
        panel.marks.append(LineMark(x: line.x, y: line.y, color: .fixed(Color(0x000000)), width: 5, extends: false))
        panel.marks.append(
          LineMark(x: line.x, y: line.y, color: .fixed(Color(0xFFFFFF)), width: 2, dash: [6, 4], extends: false))
      }
      let names = grid.lines.map(\.name).filter { !$0.isEmpty }.joined(separator: "; ")
      return Figure(
        title: caption,
        subtitle: [[results.experiment.name, detail].filter { !$0.isEmpty }.joined(separator: "; "), names]
          .filter { !$0.isEmpty }.joined(separator: "\n"), panels: [panel],
        description: "\(caption): \(grid.rows.count) × \(grid.columns.count) cells. \(names)")
    }
  }
}

extension Scale.Kind {
  /// From half a row below the first of evenly spaced rows to half a row above the last.
  fileprivate func ends(of rows: [Double]) -> ClosedRange<Double> {
    guard let low = rows.first, let high = rows.last, rows.count > 1 else {
      stop("CellGrid", "a map of \(rows.count) rows, it has two or more")
    }
    let half = 0.5 / Double(rows.count - 1)
    let scale = Scale(self, from: low, to: high)
    return scale.value(at: -half)...scale.value(at: 1 + half)
  }
}
