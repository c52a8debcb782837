import CSQLite
import Foundation
import Support

/// A connection to a SQLite file, for one thread at a time; closed when it is released.
final class Database {
  private let handle: OpaquePointer

  /// Opens the file at `path`; `system` is the name of a VFS of SQLite, nil the default one.
  init(path: String, flags: Int32, system: String? = nil) throws(SQLiteError) {
    // SQLite gives paths such as ":memory:" and "file:x" a special meaning.
    let location = path.hasPrefix("/") ? path : "./" + path
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(location, &opened, flags | SQLITE_OPEN_NOMUTEX, system)
    guard let opened else { throw SQLiteError(code: code, message: SQLiteError.words(for: code)) }
    handle = opened
    guard code == SQLITE_OK else { throw lastError() }
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, 5000)
  }

  /// A new database in memory.
  init(inMemory: Void) throws(SQLiteError) {
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
    guard let opened else { throw SQLiteError(code: code, message: SQLiteError.words(for: code)) }
    handle = opened
    guard code == SQLITE_OK else { throw lastError() }
  }

  deinit { sqlite3_close_v2(handle) }

  /// Turns off features that a malicious file could use: functions and virtual tables in its schema, and writes to SQLite's internal
  /// tables. Values and rows above `largestValue` are refused.
  func distrustContents() {
    csqlite_distrust_contents(handle)
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Self.largestValue)
  }

  /// The largest value in a file, in bytes: 64 MiB.
  static let largestValue: Int32 = 1 << 26

  /// Runs statements and ignores their results.
  func execute(_ sql: String) throws(SQLiteError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw lastError() }
  }

  /// A statement. One that reads rows of tables is made by `prepare(_:of:_:)`.
  func prepare(_ sql: String) throws(SQLiteError) -> Statement { try prepare(sql, table: nil) }

  /// A query over the rows of a table. `clause` is the SQL behind the table's name.
  ///
  /// Columns have their index in `columns` as their number. The last may be `rowNumber`, or in `meta` the `key`; errors
  /// about values then name the row. Throws a `WrongTable` if the file has no such table, or if a column is missing.
  func prepare(_ columns: [String], of table: String, _ clause: String = "") throws -> Statement {
    do throws(SQLiteError) {
      return try prepare("SELECT \(columns.joined(separator: ", ")) FROM \(table) \(clause)", table: table)
    } catch {
      guard error.code & 0xFF == SQLITE_ERROR else { throw error }
      throw WrongTable(of: try self.columns(of: table), named: table, needing: columns)
    }
  }

  private func prepare(_ sql: String, table: String?) throws(SQLiteError) -> Statement {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else { throw lastError() }
    return Statement(statement, of: self, table: table)
  }

  /// All rows of a table, each read by `read`; see `prepare(_:of:_:)`. `parameter` is bound to the first parameter unless it is nil.
  func rows<Row>(
    _ columns: [String], of table: String, _ clause: String = "", _ parameter: String? = nil,
    _ read: (borrowing Statement) throws -> Row
  ) throws -> [Row] {
    let statement = try prepare(columns, of: table, clause)
    if let parameter { statement.bind(parameter, at: 1) }
    var rows: [Row] = []
    while try statement.step() { rows.append(try read(statement)) }
    return rows
  }

  /// All rows of a result that SQLite computes, such as counts or the names of tables.
  func computed<Row>(_ sql: String, _ read: (borrowing Statement) -> Row) throws(SQLiteError) -> [Row] {
    let statement = try prepare(sql)
    var rows: [Row] = []
    while try statement.step() { rows.append(read(statement)) }
    return rows
  }

  /// The names of a table's columns; none if there is no such table.
  func columns(of table: String) throws(SQLiteError) -> [String] {
    try computed("SELECT name FROM pragma_table_info('\(table)')") { $0.computedText(0) ?? "" }
  }

  /// Whether the file was moved or removed since it was opened.
  var hasMoved: Bool {
    var moved: Int32 = 0
    return sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0
  }

  func lastError() -> SQLiteError {
    let code = sqlite3_extended_errcode(handle)
    return SQLiteError(code: code, message: SQLiteError.words(for: code, systemError: sqlite3_system_errno(handle)))
  }
}
