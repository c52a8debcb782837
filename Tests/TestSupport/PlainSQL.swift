import CSQLite

/// A plain connection to a SQLite file, without any knowledge of run files.
public final class PlainSQL {
  private var handle: OpaquePointer?

  private struct Failure: Error { let message: String }

  /// Opens a file. Throws SQLite's message if it can't be opened.
  public init(_ path: String) throws {
    guard sqlite3_open(path, &handle) == SQLITE_OK else { throw failure() }
  }

  deinit { sqlite3_close(handle) }

  /// The rows of the last statement, with NULL as "NULL". Throws SQLite's message if a statement fails.
  @discardableResult public func callAsFunction(_ sql: String) throws -> [[String]] {
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
