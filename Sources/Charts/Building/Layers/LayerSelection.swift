import RunFile

/// The part of a grid that a chart shows.
struct LayerSelection {
  let source: LayerGrid
  /// Indices in `source.rows`, ascending.
  let rows: [Int]
  /// The values at the chosen steps: `source.rows.count` rows of `steps.count` values.
  let values: [Double]
  /// The chosen steps.
  let steps: [Int]
  private let firstColumn: Int

  /// The rows of a grid in which something is recorded, for which `fits` is true and which the options show; nil where there are none.
  init?(_ source: LayerGrid, _ options: ChartOptions, where fits: (LayerGrid.Row) -> Bool = { _ in true }) {
    self.init(
      source, options,
      rows: source.rows.indices.filter {
        source.grid.isRecorded(row: $0) && fits(source.rows[$0]) && options.shows(layer: source.rows[$0].path)
      })
  }

  /// These rows of a grid, at the steps that the options show; nil where there are no rows or no steps.
  init?(_ source: LayerGrid, _ options: ChartOptions, rows: [Int]) {
    self.source = source
    self.rows = rows
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

  /// The rows of this order, in it; those that the grid lacks have nothing recorded. Nil where there are no rows or no steps.
  private init?(_ source: LayerGrid, _ options: ChartOptions, showing order: [LayerGrid.Row]) {
    let indices = Dictionary(source.rows.enumerated().map { ($1.identity, $0) }) { first, _ in first }
    let rows = order.compactMap { indices[$0.identity] }
    let hasAll = rows.count == order.count && zip(rows, rows.dropFirst()).allSatisfy(<)
    self.init(
      hasAll ? source : source.arranged(order), options, rows: hasAll ? rows : Array(order.indices))
  }

  /// The selections of several runs, of the rows for which `fits` is true, or of all rows where no run has a value in one of them; nil
  /// where no run has any value.
  ///
  /// Rows are paired by path and kind. Where each run shares nine tenths of its rows with all others, every selection has the rows of
  /// all, and those that a run lacks have nothing recorded; otherwise each has its own, since stripes of missing rows would hide the others.
  /// Rows without a value are left out, unless another run has one or `keepsAll` is true.
  static func together(
    _ grids: [LayerGrid], _ options: ChartOptions, keepsAll: Bool, where fits: (LayerGrid.Row) -> Bool
  ) -> [LayerSelection]? {
    let fitting = grids.map { LayerSelection($0, options, where: fits) }
    let found = fitting.contains { $0 != nil } ? fitting : grids.map { LayerSelection($0, options) }
    guard let steps = found.lazy.compactMap({ $0?.steps }).first else { return nil }
    let lists = zip(grids, found).map { grid, selection in
      keepsAll
        ? grid.rows.filter { options.shows(layer: $0.path) }
        : selection.map { selection in selection.rows.map { grid.rows[$0] } } ?? []
    }
    let identities = lists.map { Set($0.map(\.identity)) }.filter { !$0.isEmpty }
    let shared = identities.dropFirst().reduce(identities[0]) { $0.intersection($1) }
    let areAlike = identities.allSatisfy { 10 * shared.count >= 9 * $0.count }
    let all = LayerGrid.union(lists)
    return zip(grids, lists).map { grid, own in
      let order = areAlike || own.isEmpty ? all : own
      return LayerSelection(grid, options, showing: order)
        ?? LayerSelection(.empty(order, steps: steps), options, rows: Array(order.indices))!
    }
  }

  /// The chosen rows in which something is recorded.
  var recordedRows: [Int] {
    rows.filter { row in steps.indices.contains { !isMissing(row, $0) } }
  }

  /// The paths of the chosen rows.
  var paths: [String] { rows.map { source.rows[$0].path } }

  /// Whether nothing is recorded, by index in `source.rows` and in `steps`.
  func isMissing(_ row: Int, _ column: Int) -> Bool { source.grid[row, firstColumn + column] == nil }
}
