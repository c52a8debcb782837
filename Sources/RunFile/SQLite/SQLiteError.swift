import CSQLite
import Support

/// A failure of SQLite, in our own words.
struct SQLiteError: Error {
  let code: Int32
  /// What is wrong with the file.
  let message: String

  var primaryCode: Int32 { code & 0xFF }

  /// What a result code of SQLite means for a run file; `systemError` is the error of the system call that failed, 0 if there was none.
  static func words(for code: Int32, systemError: Int32 = 0) -> String {
    let reason = systemError == 0 ? "" : ": \(Support.systemMessage(systemError))"
    return switch code & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: "another program has locked it"
    case SQLITE_CORRUPT: "its database is damaged"
    case SQLITE_IOERR where code == SQLITE_IOERR | 2 << 8: "it is cut short"
    case SQLITE_IOERR: "a read or write failed\(reason)"
    case SQLITE_CANTOPEN: "it can't be opened\(reason)"
    case SQLITE_NOTADB: "it is no SQLite database"
    case SQLITE_FULL: "the disk is full"
    case SQLITE_NOMEM: "there is not enough memory"
    case SQLITE_READONLY: "it can't be written"
    case SQLITE_PERM, SQLITE_AUTH: "the access is denied"
    case SQLITE_TOOBIG: "a value in it is larger than \(Database.largestValue >> 20) MiB"
    case SQLITE_CONSTRAINT: "a row breaks a rule of its table"
    case SQLITE_ERROR, SQLITE_SCHEMA: "its tables differ from those of a run file"
    default: "SQLite failed with code \(code)"
    }
  }
}

/// A table of a file that a query can't read.
struct WrongTable: Error {
  /// What is wrong with it.
  let reason: String

  init(reason: String) { self.reason = reason }

  /// Why a query that needs some columns fails on a table with these columns.
  init(of found: [String], named table: String, needing columns: [String]) {
    let names = Set(found.map { $0.lowercased() })
    let missing = columns.first { $0.allSatisfy { $0.isLetter || $0 == "_" } && $0 != "rowid" && !names.contains($0) }
    reason =
      found.isEmpty
      ? "it has no table \(table)"
      : missing.map { "its table \(table) has no column \($0)" } ?? "its table \(table) differs from that of a run file"
  }
}
