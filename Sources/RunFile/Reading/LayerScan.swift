/// One pass over the table `layer` that collects some of its columns.
struct LayerScan {
  private let quantities: [LayerQuantity]
  private let sites: [Site]
  private let ids: [Int]
  private let range: ClosedRange<Int>?

  /// A row names a site that the file does not describe.
  struct UnknownSite: Error, CustomStringConvertible {
    let step: Int
    let site: Int
    var description: String { "step \(step) has a row for site \(site), which the table site lacks" }
  }

  /// A pass over the rows of some steps; of all, if nil.
  init(_ quantities: [LayerQuantity], _ sites: [Site], _ steps: ClosedRange<Int>? = nil) {
    self.quantities = quantities
    self.sites = sites
    ids = sites.map(\.id)
    range = steps
  }

  /// What the rows up to the `lastRow`th hold; where two are of the same step and site, the later counts.
  func matrices(from database: Database, upTo lastRow: Int) throws -> [LayerMatrix] {
    // Rows lie in order of steps, and need no sorting, unless somebody merged files.
    try matrices(from: database, upTo: lastRow, orderedBy: "rowid")
      ?? matrices(from: database, upTo: lastRow, orderedBy: "step, rowid")!
  }

  /// As above; nil if the rows do not come in order of steps.
  private func matrices(from database: Database, upTo lastRow: Int, orderedBy order: String) throws -> [LayerMatrix]? {
    let columns = quantities.map { ", " + $0.column }.joined()
    let condition = "rowid <= ?" + (range == nil ? "" : " AND step BETWEEN ? AND ?")
    let statement = try database.prepare("SELECT step, site\(columns) FROM layer WHERE \(condition) ORDER BY \(order)")
    statement.bind(lastRow, at: 1)
    if let range {
      statement.bind(range.lowerBound, at: 2)
      statement.bind(range.upperBound, at: 3)
    }
    var steps: [Int] = []
    // Steps × sites × quantities, to become sites × steps once all steps are known.
    var values: [Double] = []
    var recorded: [Bool] = []
    if range == nil {
      values.reserveCapacity(lastRow * quantities.count)
      recorded.reserveCapacity(lastRow * quantities.count)
    }
    while try statement.step() {
      let step = statement.int(0)
      if steps.last != step {
        if let last = steps.last, last > step { return nil }
        steps.append(step)
        values.append(contentsOf: repeatElement(.nan, count: sites.count * quantities.count))
        recorded.append(contentsOf: repeatElement(false, count: sites.count * quantities.count))
      }
      guard let site = position(ofSite: statement.int(1)) else {
        throw UnknownSite(step: step, site: statement.int(1))
      }
      let start = ((steps.count - 1) * sites.count + site) * quantities.count
      for index in quantities.indices {
        guard let value = statement.double(Int32(index) + 2) else { continue }
        values[start + index] = value
        recorded[start + index] = true
      }
    }
    return quantities.indices.map { index in
      LayerMatrix(
        quantity: quantities[index], steps: steps, sites: sites,
        values: gathered(values, index, steps.count), recorded: gathered(recorded, index, steps.count))
    }
  }

  private func position(ofSite id: Int) -> Int? {
    ids.indices.contains(id) && ids[id] == id ? id : ids.firstIndex(of: id)
  }

  /// One quantity, sites × steps, from all quantities, steps × sites × quantities.
  private func gathered<Element>(_ all: [Element], _ index: Int, _ steps: Int) -> [Element] {
    // To write that none are there would write where all empty arrays of the process are.
    guard steps > 0, !sites.isEmpty else { return [] }
    return [Element](unsafeUninitializedCapacity: steps * sites.count) { result, count in
      for site in sites.indices {
        for step in 0..<steps {
          let element = all[(step * sites.count + site) * quantities.count + index]
          result.initializeElement(at: site * steps + step, to: element)
        }
      }
      count = steps * sites.count
    }
  }
}
