import CSQLite
import Foundation

/// How far a recording is: what its file holds, table by table. A recording that is resumed begins there.
package struct RunPosition: Codable, Equatable, Sendable {
  /// The numbers of rows of tables that only grow.
  private(set) var layer = 0, weight = 0, scalar = 0, fact = 0, histogram = 0, measure = 0, event = 0
  /// One more than the largest number of a step, and than the largest id of a site and of a parameter.
  package private(set) var step = 0, site = 0, parameter = 0
  /// The keys of the table `meta`.
  private(set) var meta: Set<String> = ["format"]

  init() {}

  mutating func add(_ entry: Entry) {
    switch entry {
    case .meta(let entries): meta.formUnion(entries.keys.map(\.rawValue))
    case .sites(let sites): site = sites.reduce(site) { max($0, $1.id + 1) }
    case .parameters(let parameters): parameter = parameters.reduce(parameter) { max($0, $1.id + 1) }
    case .step(let row, let layers, let weights):
      step = max(step, row.step + 1)
      layer += layers.count
      weight += weights.count
    case .scalar: scalar += 1
    case .fact: fact += 1
    case .event: event += 1
    case .measure: measure += 1
    case .histogram: histogram += 1
    case .summary: break
    }
  }

  /// The tables whose rows are counted, each with the expression that counts them and the number of rows.
  private var tables: [(name: String, count: String, rows: Int)] {
    [
      ("step", "step + 1", step), ("site", "id + 1", site), ("parameter", "id + 1", parameter),
      ("layer", "rowid", layer), ("weight", "rowid", weight), ("scalar", "rowid", scalar), ("fact", "rowid", fact),
      ("histogram", "rowid", histogram), ("measure", "rowid", measure), ("event", "rowid", event),
    ]
  }

  /// Removes all rows that a file has beyond this position, and makes it a file to write. Throws a `RunFileError` if it has fewer.
  func restore(at path: String) throws(RunFileError) {
    let format = try openRunFile(at: path).format
    guard format == Schema.formatVersion else {
      throw .cannotResume(
        path: path, reason: "it has format \(format), and only format \(Schema.formatVersion) is written")
    }
    do {
      let database = try Database(path: path, flags: SQLITE_OPEN_READWRITE)
      try database.execute("BEGIN IMMEDIATE")
      for (table, count, rows) in tables {
        let found = try database.computed("SELECT coalesce(max(\(count)), 0) FROM \(table)") { $0.computedInt(0) }
        guard rows >= 0, found.first ?? 0 >= rows else {
          throw RunFileError.cannotResume(
            path: path,
            reason: "its table \(table) ends at \(found.first ?? 0), but the checkpoint was saved at \(rows)")
        }
        try database.execute("DELETE FROM \(table) WHERE \(count) > \(rows)")
      }
      // A parameter's site is added to its row when the site is found.
      try database.execute("UPDATE parameter SET site = NULL WHERE site >= \(site)")
      for key in try database.computed("SELECT key FROM meta", { $0.computedText(0) ?? "" }) where !meta.contains(key) {
        try database.prepare("DELETE FROM meta WHERE key = ?").run(key)
      }
      try database.execute("DELETE FROM summary; COMMIT; PRAGMA journal_mode = WAL")
    } catch {
      throw runFileError(error, reading: path)
    }
  }
}
