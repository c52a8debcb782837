import RunFile

/// The part of a grid that a chart shows.
struct LayerSelection {
  let source: LayerGrid
  /// Positions in `source.rows`, in their order.
  private(set) var rows: [Int]
  /// The values of the chosen steps, all rows of the source one after the other.
  let values: [Double]
  /// The chosen steps.
  let steps: [Int]
  private let firstColumn: Int

  /// The rows of a grid in which something is recorded, and whose path fits; nil where nothing is left.
  init?(_ source: LayerGrid, _ options: ChartOptions, where fits: (LayerGrid.Row) -> Bool = { _ in true }) {
    self.source = source
    rows = source.rows.indices.filter {
      source.grid.isRecorded(row: $0) && fits(source.rows[$0]) && options.shows(layer: source.rows[$0].path)
    }
    let all = source.steps
    let first = options.steps.map { range in all.firstIndex { $0 >= range.lowerBound } ?? all.count } ?? 0
    let end = options.steps.map { range in all.firstIndex { $0 > range.upperBound } ?? all.count }
    let columns = first..<max(first, end ?? all.count)
    guard !rows.isEmpty, !columns.isEmpty else { return nil }
    firstColumn = columns.lowerBound
    steps = Array(all[columns])
    let values = source.grid.values
    self.values =
      columns.count == all.count
      ? values : source.rows.indices.flatMap { row in columns.map { values[row * all.count + $0] } }
  }

  /// The same with only the rows of these paths.
  func keeping(_ paths: Set<String>) -> LayerSelection {
    var kept = self
    kept.rows = rows.filter { paths.contains(source.rows[$0].path) }
    return kept
  }

  /// The paths of the chosen rows.
  var paths: [String] { rows.map { source.rows[$0].path } }

  /// Whether a NaN stands for "not recorded", by position in `source.rows` and in `steps`.
  func isMissing(_ row: Int, _ column: Int) -> Bool { source.grid[row, firstColumn + column] == nil }
}
