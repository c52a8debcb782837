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
  /// The number of the last row to read.
  var lastRow: Int

  /// A row has a key that the file does not define.
  struct UnknownKey: Error, CustomStringConvertible {
    let table: String, key: String, step: Int, value: Int
    var description: String {
      "step \(step) has a row for \(key) \(value) in its table \(table), which its table \(key) lacks"
    }
  }

  /// The grids, keys × steps. If two rows have the same step and key, the later one is used.
  func grids(from database: Database) throws -> (steps: [Int], grids: [Grid]) {
    // Rows are in order of steps, unless files were merged.
    if let grids = try grids(from: database, orderedBy: "rowid") ?? grids(from: database, orderedBy: "step, rowid") {
      return grids
    }
    throw WrongValue(
      table: table, row: nil, column: "step", found: "out of order", expected: "in order of the table's index")
  }

  /// The same; nil if the rows are not in order of steps.
  private func grids(
    from database: Database, orderedBy order: String
  ) throws -> (steps: [Int], grids: [Grid])? {
    let statement = try query(database, selecting: ["step", key] + columns, orderedBy: order)
    var steps: [Int] = []
    // Steps × keys × columns; rearranged to keys × steps once all steps are known.
    var values: [Double] = []
    var recorded: [Bool] = []
    if range == nil {
      // Row numbers of a damaged file may be huge.
      let rows = min(max(lastRow, 0), 1 << 20)
      values.reserveCapacity(rows * columns.count)
      recorded.reserveCapacity(rows * columns.count)
    }
    let isDense = keys.indices.allSatisfy { keys[$0] == $0 }
    let positions =
      isDense ? [:] : Dictionary(keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var count = 0
    do {
      while try statement.step() {
        let step = try statement.whole(0)
        if steps.last != step {
          if let last = steps.last, last > step { return nil }
          steps.append(step)
          try GridTooSparse.check(
            rows: keys.count, columns: steps.count, quantities: columns.count, filled: count + 1, table: table)
          values.append(contentsOf: repeatElement(.nan, count: keys.count * columns.count))
          recorded.append(contentsOf: repeatElement(false, count: keys.count * columns.count))
        }
        let value = try statement.id(1)
        guard let row = isDense ? (keys.indices.contains(value) ? value : nil) : positions[value] else {
          throw UnknownKey(table: table, key: key, step: step, value: value)
        }
        let start = ((steps.count - 1) * keys.count + row) * columns.count
        for index in columns.indices {
          guard let value = try statement.number(Int32(index) + 2) else { continue }
          values[start + index] = value
          recorded[start + index] = true
        }
        count += 1
      }
    } catch var error as WrongValue {
      // Reading the number of every row would take time in good files.
      let numbers = try query(database, selecting: ["rowid"], orderedBy: "\(order) LIMIT 1 OFFSET \(count)")
      if try numbers.step() { error.row = "\(try numbers.id(0))" }
      throw error
    }
    let grids = columns.indices.map { index in
      Grid(
        rows: keys.count, columns: steps.count, values: gathered(values, index, steps.count),
        recorded: gathered(recorded, index, steps.count))
    }
    return (steps, grids)
  }

  private func query(_ database: Database, selecting selected: [String], orderedBy order: String) throws -> Statement {
    let conditions = ["rowid <= ?", range.map { _ in "step BETWEEN ? AND ?" }, condition].compactMap { $0 }
    let statement = try database.prepare(
      selected, of: table, "WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order)")
    statement.bind(lastRow, at: 1)
    if let range {
      statement.bind(range.lowerBound, at: 2)
      statement.bind(range.upperBound, at: 3)
    }
    return statement
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
