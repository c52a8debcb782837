import RunFile
import Support

/// The part of a matrix that a chart shows.
struct LayerSelection {
  let matrix: LayerMatrix
  /// Positions in `matrix.sites`, in forward order.
  private(set) var rows: [Int]
  /// The values of the chosen steps, all sites row by row.
  let values: [Double]
  /// The chosen steps.
  let steps: [Int]
  private let firstColumn: Int

  /// The sites of a matrix that something was recorded at, and whose path fits; nil where nothing is left.
  init?(_ matrix: LayerMatrix, _ options: ChartOptions, where fits: (Site) -> Bool = { _ in true }) {
    self.matrix = matrix
    let pattern = options.layers.map(PathPattern.init)
    rows = matrix.sites.indices.filter {
      matrix.isRecorded(atSite: $0) && fits(matrix.sites[$0]) && pattern?.matches(matrix.sites[$0].path) ?? true
    }
    let first =
      options.steps.map { range in matrix.steps.firstIndex { $0 >= range.lowerBound } ?? matrix.steps.count } ?? 0
    let end = options.steps.map { range in matrix.steps.firstIndex { $0 > range.upperBound } ?? matrix.steps.count }
    let columns = first..<max(first, end ?? matrix.steps.count)
    guard !rows.isEmpty, !columns.isEmpty else { return nil }
    firstColumn = columns.lowerBound
    steps = Array(matrix.steps[columns])
    values =
      columns.count == matrix.steps.count
      ? matrix.values
      : matrix.sites.indices.flatMap { site in columns.map { matrix.values[site * matrix.steps.count + $0] } }
  }

  /// The same with only the sites of these paths.
  func keeping(_ paths: Set<String>) -> LayerSelection {
    var kept = self
    kept.rows = rows.filter { paths.contains(matrix.sites[$0].path) }
    return kept
  }

  var sites: [Site] { rows.map { matrix.sites[$0] } }

  /// Whether a NaN stands for "not recorded", by position in `matrix.sites` and in `steps`.
  func isMissing(_ row: Int, _ column: Int) -> Bool { matrix[row, firstColumn + column] == nil }
}
