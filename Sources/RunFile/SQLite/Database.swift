import CSQLite
import Foundation
import Support

/// An error of SQLite.
struct SQLiteError: Error {
  let code: Int32
  let message: String

  var primaryCode: Int32 { code & 0xFF }
}

/// A connection to a SQLite file, for one thread at a time; closed when it is released.
final class Database {
  private let handle: OpaquePointer

  /// Opens the file at `path`; `system` is the name of a VFS of SQLite, nil the default one.
  init(path: String, flags: Int32, system: String? = nil) throws(SQLiteError) {
    // SQLite gives paths such as ":memory:" and "file:x" a special meaning.
    let location = path.hasPrefix("/") ? path : "./" + path
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(location, &opened, flags | SQLITE_OPEN_NOMUTEX, system)
    guard let opened else { throw SQLiteError(code: code, message: "out of memory") }
    handle = opened
    guard code == SQLITE_OK else { throw lastError() }
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, 5000)
  }

  /// A new database in memory.
  init(inMemory: Void) throws(SQLiteError) {
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
    guard let opened else { throw SQLiteError(code: code, message: "out of memory") }
    handle = opened
    guard code == SQLITE_OK else { throw lastError() }
  }

  deinit { sqlite3_close_v2(handle) }

  /// Turns off features that a malicious file could use: functions and virtual tables in its schema, and writes to SQLite's internal
  /// tables.
  func distrustContents() { csqlite_distrust_contents(handle) }

  /// Runs statements and ignores their results.
  func execute(_ sql: String) throws(SQLiteError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw lastError() }
  }

  func prepare(_ sql: String) throws(SQLiteError) -> Statement {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else { throw lastError() }
    return Statement(statement, of: self)
  }

  /// The first column of the first row of a result, as text.
  func text(_ sql: String) throws(SQLiteError) -> String? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.text(0) : nil
  }

  /// Whether the file was moved or removed since it was opened.
  var hasMoved: Bool {
    var moved: Int32 = 0
    return sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0
  }

  func lastError() -> SQLiteError {
    let code = sqlite3_extended_errcode(handle)
    var message = String(cString: sqlite3_errmsg(handle))
    let systemError = sqlite3_system_errno(handle)
    if code & 0xFF == SQLITE_IOERR || code & 0xFF == SQLITE_CANTOPEN, systemError != 0 {
      message += ": " + systemMessage(systemError)
    }
    return SQLiteError(code: code, message: message)
  }
}
