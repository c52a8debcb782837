import CSQLite
import Foundation
import Support

/// Opens the run file at `path` for reading, after a check that it is one. Returns its format too. With `toleratesOtherTables` only
/// `meta` must be an ordinary table.
func openRunFile(
  at path: String, toleratesOtherTables: Bool = false
) throws(RunFileError) -> (database: Database, format: Int) {
  try checkFile(at: path)
  do {
    let (database, others) = try openDatabase(at: path)
    guard try database.computed("PRAGMA application_id", { $0.computedInt(0) }) == [Int(Schema.applicationID)] else {
      throw RunFileError.notARunFile(path: path, reason: "it is another program's SQLite database")
    }
    if let other = others.first(where: { !toleratesOtherTables || $0.name == "meta" }) {
      throw WrongTable(reason: "its \(other.name) is \(other.kind), not a table")
    }
    let formats = try database.rows(["value"], of: "meta", "WHERE key = 'format'") { try? $0.text(0) }
    guard let format = formats.compactMap({ $0 }).first.flatMap({ Int($0) }) else {
      throw RunFileError.unreadable(path: path, reason: "its meta table gives no format; record the run again")
    }
    guard format >= 1 else {
      throw RunFileError.unreadable(
        path: path, reason: "its meta table gives the format \(format), which does not exist; record the run again")
    }
    guard format <= Schema.formatVersion else {
      throw RunFileError.newerFormat(path: path, found: format, supported: Schema.formatVersion)
    }
    return (database, format)
  } catch {
    throw runFileError(error, reading: path)
  }
}

/// The `RunFileError` for an error that occurred while the run file at `path` was read.
func runFileError(_ error: any Error, reading path: String) -> RunFileError {
  let copy = "copy it again, with its -wal file if it has one, or record the run again"
  switch error {
  case let error as RunFileError: return error
  case let error as WrongValue:
    return .wrongValue(
      path: path, table: error.table, row: error.row, column: error.column, found: error.found,
      expected: error.expected)
  case let error as WrongTable: return .unreadable(path: path, reason: "\(error.reason); record the run again")
  case let error as SQLiteError:
    switch error.primaryCode {
    case SQLITE_NOTADB: return .notARunFile(path: path, reason: error.message)
    case SQLITE_CORRUPT: return .unreadable(path: path, reason: "\(error.message); \(copy)")
    case SQLITE_IOERR where error.code == SQLITE_IOERR | 2 << 8:
      return .unreadable(path: path, reason: "\(error.message); \(copy)")
    case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
      return .unavailable(path: path, reason: "\(error.message); end that program, or try again when it is done")
    case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH, SQLITE_READONLY:
      return .unavailable(path: path, reason: "\(error.message); check its permissions and those of its folder")
    default: return .unreadable(path: path, reason: error.message)
    }
  default: return .unreadable(path: path, reason: "\(error); record the run again")
  }
}

/// Checks that a file is at `path` that may be read. SQLite would wait for the other end of a FIFO.
///
/// The file is not opened: closing it again would release the locks that a writer in this process holds on it.
private func checkFile(at path: String) throws(RunFileError) {
  guard !path.utf8.contains(0) else { throw .unreadable(path: path, reason: "a path can't hold the character NUL") }
  var status = stat()
  guard stat(path, &status) == 0 else {
    switch errno {
    case ENOENT: throw .noSuchFile(path: path)
    case ENOTDIR:
      throw .unreadable(path: path, reason: "its path goes through a file as if it were a folder; check the path")
    case ENAMETOOLONG:
      throw .unreadable(path: path, reason: "its name is too long: at most 255 bytes, and 4095 with its folders")
    case EACCES: throw .unavailable(path: path, reason: "you may not open a folder of its path; check the permissions")
    case ELOOP: throw .unreadable(path: path, reason: "it is a link that leads to itself; check the path")
    default: throw .unavailable(path: path, reason: systemMessage())
    }
  }
  switch status.st_mode & S_IFMT {
  case S_IFREG: break
  case S_IFDIR: throw .notARunFile(path: path, reason: "it is a folder")
  case S_IFIFO: throw .notARunFile(path: path, reason: "it is a named pipe")
  case S_IFSOCK: throw .notARunFile(path: path, reason: "it is a socket")
  default: throw .notARunFile(path: path, reason: "it is a device")
  }
  guard faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 else {
    throw .unavailable(
      path: path, reason: errno == EACCES ? "you may not read it; change its permissions" : systemMessage())
  }
  guard status.st_size > 0 else { throw .notARunFile(path: path, reason: "it is empty") }
}

private func openDatabase(
  at path: String
) throws(SQLiteError) -> (database: Database, others: [(name: String, kind: String)]) {
  do throws(SQLiteError) {
    let database = try Database(path: path, flags: SQLITE_OPEN_READONLY)
    database.distrustContents()
    return (database, try database.othersInPlaceOfTables())
  } catch {
    guard [SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_IOERR].contains(error.primaryCode) else { throw error }
    // The file of a killed writer needs a -shm file, which can't be created on a full or read-only disk. Without locks SQLite needs no
    // such file, and on a disk that can't be written no lock is needed.
    let database = try Database(path: path, flags: SQLITE_OPEN_READONLY, system: "unix-none")
    database.distrustContents()
    try database.execute("PRAGMA locking_mode = EXCLUSIVE")
    return (database, try database.othersInPlaceOfTables())
  }
}

extension Database {
  /// The views and virtual tables that have the name of a table of the format. They may compute anything, for any time.
  func othersInPlaceOfTables() throws(SQLiteError) -> [(name: String, kind: String)] {
    try computed("SELECT name, type FROM sqlite_schema WHERE ifnull(rootpage, 0) = 0 AND type <> 'trigger'") {
      (name: $0.computedText(0)?.lowercased() ?? "", kind: $0.computedText(1) == "view" ? "a view" : "a virtual table")
    }.filter { Schema.tableNames.contains($0.name) }
  }
}

extension Schema {
  fileprivate static let tableNames: Set = [
    "meta", "site", "parameter", "step", "layer", "weight", "scalar", "fact", "histogram", "measure", "event",
    "summary",
  ]
}
