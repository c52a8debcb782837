import CSQLite

/// A connection that knows nothing of run files, as any other program has.
final class PlainSQL {
  private var handle: OpaquePointer?

  struct Failure: Error { let message: String }

  init(_ path: String) throws {
    guard sqlite3_open(path, &handle) == SQLITE_OK else { throw failure() }
  }

  deinit { sqlite3_close(handle) }

  /// The rows of the last statement, with NULL as "NULL".
  @discardableResult func callAsFunction(_ sql: String) throws -> [[String]] {
    var cells: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    var rows: Int32 = 0
    var columns: Int32 = 0
    guard sqlite3_get_table(handle, sql, &cells, &rows, &columns, nil) == SQLITE_OK else { throw failure() }
    defer { sqlite3_free_table(cells) }
    return (0..<rows).map { row in
      (0..<columns).map { column in cells![Int((row + 1) * columns + column)].map { String(cString: $0) } ?? "NULL" }
    }
  }

  private func failure() -> Failure { Failure(message: String(cString: sqlite3_errmsg(handle))) }
}
