import CSQLite
import Foundation
import Support

/// Puts an empty run file at `path`, in place of a run file that may be there; makes the folder if need be.
///
/// The new file is made under another name and moved, so whatever fails, `path` holds what it held or a whole new file.
/// A process that is killed meanwhile may leave the draft; and of an unfinished run that is replaced what SQLite has not yet moved
/// from its log, if that happens between the last two of these steps.
func createRunFile(at path: String) throws(RunFileError) {
  let name = path as NSString
  guard !name.lastPathComponent.isEmpty, !path.hasSuffix("/") else {
    throw .cannotCreate(path: path, reason: "the path names no file")
  }
  try createFolder(name.deletingLastPathComponent, for: path)
  try checkReplaceable(path)
  let draft = "\(path).new-\(getpid())"
  do throws(SQLiteError) {
    removeDatabase(at: draft)
    try writeEmptyDatabase(at: draft)
    for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
    guard rename(draft, path) == 0 else {
      throw SQLiteError(code: SQLITE_CANTOPEN, message: systemMessage())
    }
  } catch {
    removeDatabase(at: draft)
    throw .cannotCreate(path: path, reason: error.message)
  }
}

private func createFolder(_ folder: String, for path: String) throws(RunFileError) {
  guard !folder.isEmpty else { return }
  do {
    try makeFolder(at: folder)
  } catch {
    throw .cannotCreate(
      path: path, reason: "its folder can't be made: \(error.systemMessage ?? error.localizedDescription)")
  }
}

/// Somebody's photograph is not to be overwritten because of a mistyped path.
private func checkReplaceable(_ path: String) throws(RunFileError) {
  do throws(RunFileError) {
    _ = try openRunFile(at: path)
  } catch .noSuchFile, .newerFormat, .unreadable {
    return
  } catch .notARunFile where isEmptyFile(path) {
    return
  } catch .notARunFile(_, let reason) {
    throw .cannotCreate(path: path, reason: "what is there is no run file: \(reason)")
  }
}

private func isEmptyFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
}

/// Also turns WAL mode on, which can't be done any more while others look at the file.
private func writeEmptyDatabase(at path: String) throws(SQLiteError) {
  let database = try Database(path: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
  try database.execute(
    """
    PRAGMA synchronous = OFF;
    PRAGMA page_size = \(Schema.pageSize);
    PRAGMA application_id = \(Schema.applicationID);
    BEGIN;
    \(Schema.statements)
    INSERT INTO meta VALUES ('format', '\(Schema.formatVersion)');
    COMMIT;
    PRAGMA journal_mode = WAL;
    """)
}

private func removeDatabase(at path: String) {
  for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
}
