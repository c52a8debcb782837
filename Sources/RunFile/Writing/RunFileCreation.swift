import CSQLite
import Foundation
import Support

/// Creates an empty run file at `path`, and its folder if there is none; replaces a run file that is already there.
///
/// The new file is created under another name and moved, so after any failure `path` holds the old file or a complete new one. The draft of
/// a process that is killed meanwhile is removed by the next one. If it is killed between the last two steps, the old file loses rows that
/// are only in its -wal file.
func createRunFile(at path: String) throws(RunFileError) {
  let name = path as NSString
  guard !name.lastPathComponent.isEmpty, !path.hasSuffix("/") else {
    throw .cannotCreate(path: path, reason: "the path names no file")
  }
  try createFolder(name.deletingLastPathComponent, for: path)
  try checkReplaceable(path)
  let draft: TemporaryFile
  do {
    draft = try TemporaryFile(in: name.deletingLastPathComponent)
  } catch {
    throw .cannotCreate(path: path, reason: pathProblem(error.code, path))
  }
  defer {
    draft.remove()
    for suffix in companions { unlink(draft.path + suffix) }
  }
  draft.removeLeftovers()
  do throws(SQLiteError) {
    try writeEmptyDatabase(at: draft.path)
  } catch {
    throw .cannotCreate(path: path, reason: error.message)
  }
  for suffix in companions { unlink(path + suffix) }
  guard rename(draft.path, path) == 0 else {
    throw .cannotCreate(path: path, reason: pathProblem(POSIXError.last.code, path))
  }
}

/// The endings of the files that SQLite writes beside a database.
private let companions = ["-wal", "-shm", "-journal"]

private func createFolder(_ folder: String, for path: String) throws(RunFileError) {
  guard !folder.isEmpty else { return }
  do {
    try makeFolder(at: folder)
  } catch {
    throw .cannotCreate(path: path, reason: "its folder can't be made: \(pathProblem(error.code, folder))")
  }
}

/// A mistyped path must not overwrite a file of another kind.
private func checkReplaceable(_ path: String) throws(RunFileError) {
  do throws(RunFileError) {
    _ = try openRunFile(at: path)
  } catch .noSuchFile, .newerFormat, .unreadable, .unavailable {
    return
  } catch .notARunFile where isEmptyFile(path) {
    return
  } catch .notARunFile(_, let reason) {
    throw .cannotCreate(path: path, reason: "the file there is not a run file: \(reason)")
  }
}

private func isEmptyFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
}

/// Also turns on WAL mode, which is impossible later, while others read the file.
private func writeEmptyDatabase(at path: String) throws(SQLiteError) {
  let database = try Database(path: path, flags: SQLITE_OPEN_READWRITE)
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
