/// The tables of a run file, format version 1. The file is a plain SQLite database: one a trial, one writer, any readers.
///
/// SQLite keeps no NaN (it stores NULL instead), and here NULL means "not recorded". So a NaN is stored as the text 'NaN';
/// infinities are stored as REAL, and `sqlite3` shows them as Inf and -Inf.
enum Schema {
  static let version = 1

  /// What marks a file as a run file, in SQLite's own header: "RHEO".
  static let applicationID = 0x5248_454F

  static let tables = """
    PRAGMA application_id = \(applicationID);
    PRAGMA user_version = \(version);
    -- What the run was: experiment, variant, seed, command, versions, processor, data hash, started, finished, and more.
    CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    -- Watched modules in forward order; shape is a JSON array.
    CREATE TABLE site(
      id INTEGER PRIMARY KEY, path TEXT NOT NULL, kind TEXT NOT NULL, depth INTEGER NOT NULL, shape TEXT NOT NULL,
      parameters INTEGER NOT NULL);
    CREATE TABLE step(step INTEGER PRIMARY KEY, loss REAL, accuracy REAL, learning_rate REAL, seconds REAL NOT NULL);
    -- One row a site and recorded step.
    CREATE TABLE layer(
      step INTEGER NOT NULL, site INTEGER NOT NULL REFERENCES site(id),
      \(LayerQuantity.allCases.map { "\($0.column) REAL" }.joined(separator: ", ")));
    -- Counts as a JSON array.
    CREATE TABLE histogram(step INTEGER NOT NULL, site INTEGER NOT NULL, quantity TEXT NOT NULL, counts TEXT NOT NULL);
    -- Quantities beyond the fixed columns; site is NULL for what concerns the whole net.
    CREATE TABLE measure(step INTEGER NOT NULL, site INTEGER, name TEXT NOT NULL, value REAL);
    CREATE TABLE event(step INTEGER NOT NULL, site INTEGER, kind TEXT NOT NULL, text TEXT NOT NULL);
    """

  static let insertLayer =
    "INSERT INTO layer VALUES(" + Array(repeating: "?", count: LayerQuantity.allCases.count + 2).joined(separator: ",") + ")"
}
