/// A grid would take much memory for few rows of its table.
struct GridTooSparse: Error, CustomStringConvertible {
  let table: String, rows: Int, columns: Int, filled: Int

  /// The number of cells up to which a grid is read however few of them are recorded: 300 MB for one quantity.
  static let alwaysRead = 1 << 25
  /// A larger grid needs a row for one cell in this many.
  static let cellsPerRow = 4

  var description: String {
    "its table \(table) has \(filled) rows for \(rows) × \(columns) cells; where there are more than \(Self.alwaysRead) cells, at least "
      + "one in \(Self.cellsPerRow) must have a row"
  }

  /// Throws if a grid of `rows` × `columns` cells, each with `quantities` values, is too large for `filled` rows of the table.
  static func check(
    rows: Int, columns: Int, quantities: Int = 1, filled: Int, table: String
  ) throws(GridTooSparse) {
    let (cells, overflows) = rows.multipliedReportingOverflow(by: columns)
    guard overflows || cells > alwaysRead / max(quantities, 1), overflows || cells / cellsPerRow > filled else {
      return
    }
    throw GridTooSparse(table: table, rows: rows, columns: columns, filled: filled)
  }
}
