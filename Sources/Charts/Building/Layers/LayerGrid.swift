import RunFile

/// Values of sites or weights × steps, the input of a heatmap.
struct LayerGrid {
  /// A row: a site, a weight, or anything else with a label.
  struct Row {
    /// The label on the axis.
    let path: String
    /// The site; nil where the row is not one.
    var site: Site?
    /// What its label says after the path.
    var note = ""
    /// Whether the row's site is a layer; true for a row that is no site.
    var isLayer: Bool { site?.isLayer ?? true }
    /// What rows of different runs are paired by.
    var identity: Identity { Identity(path: path, kind: site?.kind) }
  }

  /// The path and the kind of a module: a row of another run with both is the same layer.
  struct Identity: Hashable {
    let path: String
    let kind: ModuleKind?
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

  /// A grid in which nothing is recorded.
  static func empty(_ rows: [Row], steps: [Int]) -> LayerGrid {
    let cells = [Double?](repeating: nil, count: steps.count)
    return LayerGrid(rows: rows, steps: steps, grid: Grid(rows.map { _ in cells }))
  }

  /// The grid with the given rows instead of its own; those that it lacks have nothing recorded.
  func arranged(_ order: [Row]) -> LayerGrid {
    let indices = Dictionary(rows.enumerated().map { ($1.identity, $0) }) { first, _ in first }
    let empty = [Double?](repeating: nil, count: steps.count)
    return LayerGrid(
      rows: order, steps: steps, grid: Grid(order.map { row in indices[row.identity].map { grid.row($0) } ?? empty }))
  }

  /// All rows of several lists, each once: rows that only a later list has stand behind the row that they follow there.
  static func union(_ lists: [[Row]]) -> [Row] {
    var order: [Row] = []
    for list in lists {
      var known = Dictionary(order.enumerated().map { ($1.identity, $0) }) { first, _ in first }
      guard list.contains(where: { known[$0.identity] == nil }) else { continue }
      var next = 0
      for row in list {
        if let index = known[row.identity] {
          next = max(next, index + 1)
        } else {
          order.insert(row, at: next)
          for (identity, index) in known where index >= next { known[identity] = index + 1 }
          known[row.identity] = next
          next += 1
        }
      }
    }
    return order
  }
}
