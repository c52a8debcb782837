/// One pass over the table `layer`, in order of steps, that collects some of its columns.
struct LayerScan {
  private let quantities: [LayerQuantity]
  private let sites: [Site]
  private let positions: [Int: Int]

  /// A row names a site that the file does not describe.
  struct UnknownSite: Error, CustomStringConvertible {
    let step: Int
    let site: Int
    var description: String { "step \(step) has a row for site \(site), which the table site lacks" }
  }

  init(_ quantities: [LayerQuantity], _ sites: [Site]) {
    self.quantities = quantities
    self.sites = sites
    positions = Dictionary(uniqueKeysWithValues: sites.enumerated().map { ($1.id, $0) })
  }

  /// What the rows up to the `lastRow`th hold; as in any table, a later row of the same step and site counts.
  func matrices(from database: Database, upTo lastRow: Int) throws -> [LayerMatrix] {
    let columns = quantities.map { ", " + $0.column }.joined()
    let statement = try database.prepare("SELECT step, site\(columns) FROM layer WHERE rowid <= ? ORDER BY rowid")
    statement.bind(lastRow, at: 1)
    var steps: [Int] = []
    var starts: [Int: Int] = [:]
    // A step's values lie together until all steps are known.
    var values = [[Double]](repeating: [], count: quantities.count)
    var recorded = [[Bool]](repeating: [], count: quantities.count)
    var step = -1
    var start = 0
    while try statement.step() {
      if steps.isEmpty || statement.int(0) != step {
        step = statement.int(0)
        start = starts[step] ?? steps.count * sites.count
        if starts.updateValue(start, forKey: step) == nil {
          steps.append(step)
          for index in quantities.indices {
            values[index].append(contentsOf: repeatElement(.nan, count: sites.count))
            recorded[index].append(contentsOf: repeatElement(false, count: sites.count))
          }
        }
      }
      guard let site = positions[statement.int(1)] else { throw UnknownSite(step: step, site: statement.int(1)) }
      for index in quantities.indices {
        guard let value = statement.double(Int32(index) + 2) else { continue }
        values[index][start + site] = value
        recorded[index][start + site] = true
      }
    }
    let order = steps.indices.sorted { steps[$0] < steps[$1] }
    return quantities.indices.map { index in
      LayerMatrix(
        quantity: quantities[index], steps: order.map { steps[$0] }, sites: sites,
        values: transposed(values[index], rows: order, columns: sites.count),
        recorded: transposed(recorded[index], rows: order, columns: sites.count))
    }
  }
}

/// The rows of a matrix, in the order given, turned into columns.
private func transposed<Element>(_ matrix: [Element], rows: [Int], columns: Int) -> [Element] {
  [Element](unsafeUninitializedCapacity: matrix.count) { result, count in
    for column in 0..<columns {
      for (place, row) in rows.enumerated() {
        (result.baseAddress! + column * rows.count + place).initialize(to: matrix[row * columns + column])
      }
    }
    count = matrix.count
  }
}
