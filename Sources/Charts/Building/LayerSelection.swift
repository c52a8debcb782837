import RunFile

/// The part of a grid that a chart shows.
struct LayerSelection {
  let source: LayerGrid
  /// Indices in `source.rows`, ascending.
  private(set) var rows: [Int]
  /// The values at the chosen steps: `source.rows.count` rows of `steps.count` values.
  let values: [Double]
  /// The chosen steps.
  let steps: [Int]
  private let firstColumn: Int

  /// The rows of a grid in which something is recorded, for which `fits` is true and which the options show; nil where there are none.
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

  /// The selection with only the rows of these paths.
  func keeping(_ paths: Set<String>) -> LayerSelection {
    var kept = self
    kept.rows = rows.filter { paths.contains(source.rows[$0].path) }
    return kept
  }

  /// The paths of the chosen rows.
  var paths: [String] { rows.map { source.rows[$0].path } }

  /// Whether nothing is recorded, by index in `source.rows` and in `steps`.
  func isMissing(_ row: Int, _ column: Int) -> Bool { source.grid[row, firstColumn + column] == nil }
}
