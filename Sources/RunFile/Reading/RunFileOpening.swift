import CSQLite
import Foundation
import Support

/// Opens the run file at `path` for reading, after a check that it is one. Returns its format too.
func openRunFile(at path: String) throws(RunFileError) -> (database: Database, format: Int) {
  var status = stat()
  guard stat(path, &status) == 0 else {
    if errno == ENOENT || errno == ENOTDIR { throw .noSuchFile(path: path) }
    throw .unreadable(path: path, reason: systemMessage())
  }
  guard status.st_mode & S_IFMT != S_IFDIR else { throw .notARunFile(path: path, reason: "it is a folder") }
  guard status.st_mode & S_IFMT == S_IFREG else { throw .notARunFile(path: path, reason: "it is no ordinary file") }
  guard status.st_size > 0 else { throw .notARunFile(path: path, reason: "it is empty") }
  do {
    let database = try openDatabase(at: path)
    guard try database.text("PRAGMA application_id") == String(Schema.applicationID) else {
      throw RunFileError.notARunFile(path: path, reason: "it is another program's SQLite database")
    }
    guard let format = try database.text("SELECT value FROM meta WHERE key = 'format'").flatMap({ Int($0) }) else {
      throw RunFileError.unreadable(path: path, reason: "its meta table gives no format")
    }
    guard format >= 1 else {
      throw RunFileError.unreadable(
        path: path, reason: "its meta table gives the format \(format), which does not exist")
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
  switch error {
  case let error as RunFileError: error
  case let error as SQLiteError where error.primaryCode == SQLITE_NOTADB:
    .notARunFile(path: path, reason: "it is no SQLite database")
  case let error as SQLiteError: .unreadable(path: path, reason: error.message)
  default: .unreadable(path: path, reason: "\(error)")
  }
}

private func openDatabase(at path: String) throws(SQLiteError) -> Database {
  do throws(SQLiteError) {
    let database = try Database(path: path, flags: SQLITE_OPEN_READONLY)
    database.distrustContents()
    try database.execute("SELECT 1 FROM sqlite_schema")
    return database
  } catch {
    guard [SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_IOERR].contains(error.primaryCode) else { throw error }
    // The file of a killed writer needs a -shm file, which can't be created on a full or read-only disk. Without locks SQLite needs no
    // such file, and on a disk that can't be written no lock is needed.
    let database = try Database(path: path, flags: SQLITE_OPEN_READONLY, system: "unix-none")
    database.distrustContents()
    try database.execute("PRAGMA locking_mode = EXCLUSIVE; SELECT 1 FROM sqlite_schema")
    return database
  }
}
