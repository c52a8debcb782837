/// Inserts rows into one table, sixteen per statement, which saves 0.4 µs per row.
final class BlockInsertion {
  private let single: Statement
  private let block: Statement
  private let columnCount: Int

  private static let blockSize = 16

  init(_ database: Database, table: String, columns: [String]) throws(SQLiteError) {
    func insertion(rows: Int) -> String {
      let row = "(" + columns.map { _ in "?" }.joined(separator: ", ") + ")"
      return "INSERT INTO \(table)(\(columns.joined(separator: ", "))) VALUES "
        + repeatElement(row, count: rows).joined(separator: ", ")
    }
    single = try database.prepare(insertion(rows: 1))
    block = try database.prepare(insertion(rows: Self.blockSize))
    columnCount = columns.count
  }

  /// Inserts rows. `bind` binds a row to the parameters of a statement from index `first` on.
  func insert<Row>(
    _ rows: [Row], _ bind: (_ row: Row, _ statement: borrowing Statement, _ first: Int32) -> Void
  ) throws(SQLiteError) {
    let blocks = rows.count / Self.blockSize * Self.blockSize
    for start in stride(from: 0, to: blocks, by: Self.blockSize) {
      for index in 0..<Self.blockSize { bind(rows[start + index], block, Int32(index * columnCount + 1)) }
      try block.run()
    }
    for row in rows[blocks...] {
      bind(row, single, 1)
      try single.run()
    }
  }
}
