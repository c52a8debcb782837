import RunFile

/// Values of sites or weights × steps, the input of a heatmap.
struct LayerGrid {
  /// A row: a site, a weight, or anything else with a label.
  struct Row {
    /// The label on the axis.
    let path: String
    /// The site; nil where the row is not one.
    var site: Site?
    /// Whether the row's site is a layer; true for a row that is no site.
    var isLayer: Bool { site?.isLayer ?? true }
  }

  let rows: [Row]
  let steps: [Int]
  let grid: Grid

  init(rows: [Row], steps: [Int], grid: Grid) { (self.rows, self.steps, self.grid) = (rows, steps, grid) }

  /// A statistic of sites.
  init(_ matrix: LayerMatrix) {
    self.init(rows: matrix.sites.map { Row(path: $0.path, site: $0) }, steps: matrix.steps, grid: matrix.grid)
  }

  /// A statistic of weights. The row of a parameter named `weight` has the path of its module.
  init(_ matrix: WeightMatrix) {
    let paths = matrix.parameters.map { $0.path.hasSuffix(".weight") ? String($0.path.dropLast(7)) : $0.path }
    self.init(rows: paths.map { Row(path: $0) }, steps: matrix.steps, grid: matrix.grid)
  }
}
