import CSQLite
import Foundation

/// A failure of SQLite, in its own words.
struct DatabaseError: Error {
  let code: Int32
  let reason: String
}

/// An open SQLite database.
final class Database {
  private let handle: OpaquePointer

  init(path: String, flags: Int32) throws {
    var opened: OpaquePointer?
    // Each connection is used by one thread at a time.
    let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK, let opened else {
      let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close(opened)
      throw DatabaseError(code: code, reason: reason)
    }
    handle = opened
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, 5000)
  }

  deinit { sqlite3_close_v2(handle) }

  func execute(_ sql: String) throws { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

  func prepare(_ sql: String) throws -> Statement {
    var statement: OpaquePointer?
    try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
    return Statement(statement!, of: self)
  }

  /// The first column of the first row.
  func integer(_ sql: String) throws -> Int {
    let statement = try prepare(sql)
    return try statement.next() ? statement.integer(0) : 0
  }

  func check(_ code: Int32) throws {
    guard code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE else {
      throw DatabaseError(code: code, reason: String(cString: sqlite3_errmsg(handle)))
    }
  }
}

/// A prepared statement: bind, then `run` it, or step through its rows with `next`.
final class Statement {
  private let handle: OpaquePointer
  private let database: Database

  fileprivate init(_ handle: OpaquePointer, of database: Database) {
    self.handle = handle
    self.database = database
  }

  deinit { sqlite3_finalize(handle) }

  // Places are counted from 1 when binding and from 0 when reading, as SQLite does.

  func bind(_ place: Int, _ value: Int?) {
    if let value { sqlite3_bind_int64(handle, Int32(place), Int64(value)) } else { sqlite3_bind_null(handle, Int32(place)) }
  }

  /// NaN as text, since SQLite would make it NULL.
  @inline(__always)
  func bind(_ place: Int, _ value: Double?) {
    guard let value else { return _ = sqlite3_bind_null(handle, Int32(place)) }
    if value.isNaN { bind(place, "NaN") } else { sqlite3_bind_double(handle, Int32(place), value) }
  }

  func bind(_ place: Int, _ text: String) {
    // SQLITE_TRANSIENT, a cast of -1 that is not imported: SQLite copies the text.
    sqlite3_bind_text(handle, Int32(place), text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
  }

  func run() throws {
    let code = sqlite3_step(handle)
    sqlite3_reset(handle)
    try database.check(code)
  }

  func next() throws -> Bool {
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    sqlite3_reset(handle)
    try database.check(code)
    return false
  }

  func integer(_ column: Int) -> Int { Int(sqlite3_column_int64(handle, Int32(column))) }
  func isNull(_ column: Int) -> Bool { sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL }
  func text(_ column: Int) -> String { sqlite3_column_text(handle, Int32(column)).map { String(cString: $0) } ?? "" }

  /// nil for NULL, NaN for the text.
  @inline(__always)
  func double(_ column: Int) -> Double? {
    switch sqlite3_column_type(handle, Int32(column)) {
    case SQLITE_NULL: nil
    case SQLITE_TEXT: Double.nan
    default: sqlite3_column_double(handle, Int32(column))
    }
  }
}
