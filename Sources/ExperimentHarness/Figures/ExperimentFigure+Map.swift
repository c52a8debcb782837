import Foundation
import Rheoscope
import Support

/// Values over two settings, and lines that theory draws across them.
public struct CellGrid: Sendable {
  /// The x values of the columns, ascending.
  public let columns: [Double]
  /// The y values of the rows, ascending, evenly spaced on the map's y axis.
  public let rows: [Double]
  /// The values of the cells, row by row; NaN where training diverged.
  public let values: [Double]
  /// The lines that are drawn across the cells.
  public let lines: [Line]

  /// A named line through points (x, y).
  public struct Line: Sendable {
    let name: String
    let x: [Double]
    let y: [Double]

    /// A line through the points (x, y); an empty name has no entry in the subtitle.
    public init(_ name: String, x: [Double], y: [Double]) {
      self.name = name
      self.x = x
      self.y = y
    }
  }

  /// A grid whose values come from `value`, called once per cell.
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
  /// A map of cells over two settings. `colors` maps values to colours, and `colorTitle` is the title of the colour bar; values
  /// outside the colour scale have the colour of its end. `detail` is added to the subtitle. Rows are evenly spaced on the y
  /// axis, so a logarithmic axis takes rows with a constant ratio. Stops the program if the grid has fewer than two rows. Where
  /// `grid` throws, the run of the experiment does.
  public static func map(
    _ name: String, _ caption: String, _ detail: String = "", x: Axis, y: Axis, colorTitle: String,
    colors: ColorScale, grid: @escaping @Sendable (Results) throws -> CellGrid
  ) -> ExperimentFigure {
    ExperimentFigure(
      name, caption,
      asDescribed: { results in
        let grid = try grid(results)
        var colorBar = ColorBar(colors, title: colorTitle)
        colorBar.extendsBelow = grid.values.contains { $0 < colors.scale.lower }
        colorBar.extendsAbove = grid.values.contains { $0 > colors.scale.upper && $0.isFinite }
        if grid.values.contains(where: \.isNaN) { colorBar.kinds.append(.notANumber) }
        if grid.values.contains(where: \.isInfinite) { colorBar.kinds.append(.infinite) }
        var panel = Panel(x: x, y: y, colorBar: colorBar)
        (panel.x.hasGrid, panel.x.isTight) = (false, true)
        (panel.y.hasGrid, panel.y.isTight) = (false, true)
        let height = y.kind.ends(of: grid.rows)
        panel.y.range = height
        panel.marks.append(
          CellMark(
            columns: grid.columns, rows: Array(grid.rows.indices), values: grid.values, colors: colors, height: height))
        for line in grid.lines {
          // White on black is visible on every colour.
          panel.marks.append(LineMark(x: line.x, y: line.y, color: .fixed(Color(0x000000)), width: 5, extends: false))
          panel.marks.append(
            LineMark(x: line.x, y: line.y, color: .fixed(Color(0xFFFFFF)), width: 2, dash: [6, 4], extends: false))
        }
        let names = grid.lines.map(\.name).filter { !$0.isEmpty }.joined(separator: "; ")
        return Figure(
          title: caption,
          subtitle: [[results.experiment.name, detail].filter { !$0.isEmpty }.joined(separator: "; "), names]
            .filter { !$0.isEmpty }.joined(separator: "\n"), panels: [panel],
          description: ["\(caption): \(grid.rows.count) × \(grid.columns.count) cells\(grid.extremes).", names]
            .filter { !$0.isEmpty }.joined(separator: " "))
      })
  }
}

extension CellGrid {
  /// The lowest and the highest value with their cells, and the number of cells without a finite value.
  fileprivate var extremes: String {
    let finite = values.indices.filter { values[$0].isFinite }
    func cell(_ index: Int) -> String {
      "\(formatSignificant(values[index])) at (\(formatShortest(columns[index % columns.count])), "
        + "\(formatShortest(rows[index / columns.count])))"
    }
    guard let low = finite.min(by: { values[$0] < values[$1] }), let high = finite.max(by: { values[$0] < values[$1] })
    else { return ", none finite" }
    let rest = values.count - finite.count
    return ", from \(cell(low)) to \(cell(high))" + (rest > 0 ? ", \(rest) not finite" : "")
  }
}

extension Scale.Kind {
  /// From half a row below the first of evenly spaced rows to half a row above the last.
  fileprivate func ends(of rows: [Double]) -> ClosedRange<Double> {
    guard let low = rows.first, let high = rows.last, rows.count > 1 else {
      stop("ExperimentFigure.map", "the grid has \(counted(rows.count, "row")); a map needs two or more")
    }
    let half = 0.5 / Double(rows.count - 1)
    let scale = Scale(self, from: low, to: high)
    return scale.value(at: -half)...scale.value(at: 1 + half)
  }
}
