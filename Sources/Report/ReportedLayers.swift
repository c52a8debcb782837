import RunFile

/// Some quantities of the layers of a run, at up to 200 of its recorded steps.
struct ReportedLayers {
  /// A quantity with a row per layer.
  struct Quantity {
    let name, title: String
    let values: Grid
  }

  let name: String
  let steps: [Int]
  let sites: [Site]
  let quantities: [Quantity]

  static let mostSteps = 200
  private static let titles: [(LayerQuantity, String)] = [
    (.activationRMS, "activation RMS"), (.zeroFraction, "zero fraction"), (.gradientRMS, "gradient RMS"),
  ]

  /// Nil if the run has no numbers of layers.
  init?(_ run: Run, name: String) throws {
    let matrices = try run.layers(Self.titles.map(\.0)), rows = run.sites.indices.filter { run.sites[$0].isLayer }
    let all = matrices[0].steps
    guard !all.isEmpty, !rows.isEmpty else { return nil }
    // Evenly over the steps, with the first and the last.
    let count = min(all.count, Self.mostSteps)
    let columns = (0..<count).map { count == 1 ? 0 : $0 * (all.count - 1) / (count - 1) }
    self.name = name
    steps = columns.map { all[$0] }
    sites = rows.map { run.sites[$0] }
    quantities = zip(Self.titles, matrices).compactMap { title, matrix in
      guard rows.contains(where: { matrix.grid.isRecorded(row: $0) }) else { return nil }
      let grid = Grid(rows.map { site in columns.map { matrix.grid[site, $0] } })
      return Quantity(name: title.0.column, title: title.1, values: grid)
    }
    guard !quantities.isEmpty else { return nil }
  }
}
