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

  func matrices(from database: Database, upTo lastStep: Int) throws -> [LayerMatrix] {
    let columns = quantities.map { ", " + $0.column }.joined()
    let statement = try database.prepare("SELECT step, site\(columns) FROM layer WHERE step <= ? ORDER BY step, site")
    statement.bind(lastStep, at: 1)
    var steps: [Int] = []
    // A step's values lie together until all steps are known.
    var values = [[Double]](repeating: [], count: quantities.count)
    var recorded = [[Bool]](repeating: [], count: quantities.count)
    while try statement.step() {
      let step = statement.int(0)
      if steps.last != step {
        steps.append(step)
        for index in quantities.indices {
          values[index].append(contentsOf: repeatElement(.nan, count: sites.count))
          recorded[index].append(contentsOf: repeatElement(false, count: sites.count))
        }
      }
      guard let site = positions[statement.int(1)] else { throw UnknownSite(step: step, site: statement.int(1)) }
      let place = (steps.count - 1) * sites.count + site
      for index in quantities.indices {
        guard let value = statement.double(Int32(index) + 2) else { continue }
        values[index][place] = value
        recorded[index][place] = true
      }
    }
    return quantities.indices.map { index in
      LayerMatrix(
        quantity: quantities[index], steps: steps, sites: sites,
        values: transposed(values[index], rows: steps.count, columns: sites.count),
        recorded: transposed(recorded[index], rows: steps.count, columns: sites.count))
    }
  }
}

/// A matrix, rows × columns, turned into columns × rows.
private func transposed<Element>(_ matrix: [Element], rows: Int, columns: Int) -> [Element] {
  [Element](unsafeUninitializedCapacity: matrix.count) { result, count in
    for column in 0..<columns {
      for row in 0..<rows {
        (result.baseAddress! + column * rows + row).initialize(to: matrix[row * columns + column])
      }
    }
    count = matrix.count
  }
}
