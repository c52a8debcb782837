import Support

/// One statistic over all sites and recorded steps of a run.
public struct LayerMatrix: Sendable, Equatable {
  /// The quantity of the values.
  public let quantity: LayerQuantity
  /// The steps that have rows, in order: the columns of the grid.
  public let steps: [Int]
  /// The run's sites: the rows of the grid.
  public let sites: [Site]
  /// The values, sites × steps.
  public let grid: Grid

  /// A matrix of one statistic. Stops the program unless `grid` has a row per site and a column per step.
  public init(quantity: LayerQuantity, steps: [Int], sites: [Site], grid: Grid) {
    guard grid.rowCount == sites.count, grid.columnCount == steps.count else {
      stop(
        "LayerMatrix",
        "a grid of \(grid.rowCount) × \(grid.columnCount) for \(sites.count) sites × \(steps.count) steps")
    }
    self.quantity = quantity
    self.steps = steps
    self.sites = sites
    self.grid = grid
  }

  /// The value at the site and the step with these positions in `sites` and `steps`; nil is "not recorded".
  public subscript(site: Int, step: Int) -> Double? { grid[site, step] }

  /// The values at the site with this position in `sites`, over all steps; nil is "not recorded".
  public func row(_ site: Int) -> [Double?] { grid.row(site) }
}

/// One statistic over all parameters of two or more dimensions and recorded steps of a run.
public struct WeightMatrix: Sendable, Equatable {
  /// The quantity of the values.
  public let quantity: WeightQuantity
  /// The steps that have rows, in order: the columns of the grid.
  public let steps: [Int]
  /// The parameters: the rows of the grid.
  public let parameters: [RecordedParameter]
  /// The values, parameters × steps.
  public let grid: Grid

  /// The value at the parameter and the step with these positions in `parameters` and `steps`; nil is "not recorded".
  public subscript(parameter: Int, step: Int) -> Double? { grid[parameter, step] }

  /// The values of the parameter with this position in `parameters`, over all steps; nil is "not recorded".
  public func row(_ parameter: Int) -> [Double?] { grid.row(parameter) }
}
