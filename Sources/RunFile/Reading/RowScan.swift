/// Reads some columns of a table with one row per step and key, such as `layer`, as grids in one pass.
struct RowScan {
  let table: String
  /// The column whose value determines the row of the grid.
  let key: String
  let columns: [String]
  /// The keys of the grid's rows, in order.
  let keys: [Int]
  /// The steps to read; all, if nil.
  var range: ClosedRange<Int>?
  /// Another condition on rows, in SQL.
  var condition: String?

  /// A row has a key that the file does not define.
  struct UnknownKey: Error, CustomStringConvertible {
    let table: String, key: String, step: Int, value: Int
    var description: String {
      "step \(step) has a row for \(key) \(value) in the table \(table), which the table \(key) lacks"
    }
  }

  /// The grids, keys × steps, of the rows up to number `lastRow`. If two rows have the same step and key, the later one is used.
  func grids(from database: Database, upTo lastRow: Int) throws -> (steps: [Int], grids: [Grid]) {
    // Rows are in order of steps, unless files were merged.
    try grids(from: database, upTo: lastRow, orderedBy: "rowid")
      ?? grids(from: database, upTo: lastRow, orderedBy: "step, rowid")!
  }

  /// The same; nil if the rows are not in order of steps.
  private func grids(
    from database: Database, upTo lastRow: Int, orderedBy order: String
  ) throws -> (steps: [Int], grids: [Grid])? {
    let conditions = ["rowid <= ?", range.map { _ in "step BETWEEN ? AND ?" }, condition].compactMap { $0 }
    let statement = try database.prepare(
      "SELECT step, \(key)\(columns.map { ", " + $0 }.joined()) FROM \(table) "
        + "WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order)")
    statement.bind(lastRow, at: 1)
    if let range {
      statement.bind(range.lowerBound, at: 2)
      statement.bind(range.upperBound, at: 3)
    }
    var steps: [Int] = []
    // Steps × keys × columns; rearranged to keys × steps once all steps are known.
    var values: [Double] = []
    var recorded: [Bool] = []
    if range == nil {
      // Row numbers of a damaged file may be huge.
      let rows = min(lastRow, 1 << 20)
      values.reserveCapacity(rows * columns.count)
      recorded.reserveCapacity(rows * columns.count)
    }
    let isDense = keys.indices.allSatisfy { keys[$0] == $0 }
    let positions =
      isDense ? [:] : Dictionary(keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    while try statement.step() {
      let step = statement.int(0)
      if steps.last != step {
        if let last = steps.last, last > step { return nil }
        steps.append(step)
        values.append(contentsOf: repeatElement(.nan, count: keys.count * columns.count))
        recorded.append(contentsOf: repeatElement(false, count: keys.count * columns.count))
      }
      let value = statement.int(1)
      guard let row = isDense ? (keys.indices.contains(value) ? value : nil) : positions[value] else {
        throw UnknownKey(table: table, key: key, step: step, value: value)
      }
      let start = ((steps.count - 1) * keys.count + row) * columns.count
      for index in columns.indices {
        guard let value = statement.double(Int32(index) + 2) else { continue }
        values[start + index] = value
        recorded[start + index] = true
      }
    }
    let grids = columns.indices.map { index in
      Grid(
        rows: keys.count, columns: steps.count, values: gathered(values, index, steps.count),
        recorded: gathered(recorded, index, steps.count))
    }
    return (steps, grids)
  }

  /// One column, keys × steps, of steps × keys × columns.
  private func gathered<Element>(_ all: [Element], _ index: Int, _ steps: Int) -> [Element] {
    // `unsafeUninitializedCapacity: 0` would write to the empty array that all threads share.
    guard steps > 0, !keys.isEmpty else { return [] }
    return [Element](unsafeUninitializedCapacity: steps * keys.count) { result, count in
      for row in keys.indices {
        for step in 0..<steps {
          let element = all[(step * keys.count + row) * columns.count + index]
          result.initializeElement(at: row * steps + step, to: element)
        }
      }
      count = steps * keys.count
    }
  }
}
