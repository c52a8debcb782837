// Format 1 had one weight per site, in columns of the table `layer`, no parameters, and depths that counted layers in call order.

/// The sites of a file of format 1. A site is a layer if its depth is larger than that of all sites before it.
func sitesOfFormat1(_ database: Database) throws -> [Site] {
  var deepest = 0, last: Int?
  return try database.rows(["id", "path", "kind", "depth", "shape", rowNumber], of: "site", "ORDER BY id") { row in
    let path = try row.text(1), (module, call) = moduleAndCall(path)
    let depth = try row.whole(3)
    let isLayer = depth > deepest
    deepest = max(deepest, depth)
    var site = Site(
      id: try row.id(0, after: &last), module: module, call: call, kind: ModuleKind(rawValue: try row.text(2)),
      depth: depth, isLayer: isLayer, shape: try row.wholes(4))
    site.path = path
    return site
  }
}

/// The weights of a file of format 1; a weight has the `id` of its site.
func parametersOfFormat1(_ database: Database, _ sites: [Site]) throws -> [RecordedParameter] {
  let ids = try Set(
    database.rows(["site", rowNumber], of: "layer", "WHERE \(conditionOfFormat1) GROUP BY site") { try $0.id(0) })
  return sites.filter { ids.contains($0.id) }.map {
    RecordedParameter(id: $0.id, path: $0.path + ".weight", shape: [], site: $0.id)
  }
}

/// The condition for rows of `layer` that have a weight.
let conditionOfFormat1 = "weight_norm IS NOT NULL"

/// "cell[3]" is the fourth call of "cell".
private func moduleAndCall(_ path: String) -> (module: String, call: Int) {
  guard path.hasSuffix("]"), let open = path.lastIndex(of: "["),
    let call = Int(path[path.index(after: open)...].dropLast()), (0...largestWholeNumber).contains(call)
  else { return (path, 0) }
  return (String(path[..<open]), call)
}

extension Schema {
  /// The tables of format 1, for comparisons.
  static let statementsOfFormat1 = """
    CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE site(id INTEGER PRIMARY KEY, path TEXT, kind TEXT, depth INTEGER, shape TEXT, parameters INTEGER);
    CREATE TABLE step(step INTEGER PRIMARY KEY, loss REAL, accuracy REAL, learning_rate REAL, seconds REAL);
    CREATE TABLE layer(
      step INTEGER, site INTEGER, activation_mean REAL, activation_std REAL, activation_rms REAL, activation_min REAL,
      activation_max REAL, zero_fraction REAL, saturated_fraction REAL, nonfinite_count REAL, gradient_mean REAL,
      gradient_rms REAL, gradient_max REAL, gradient_nonfinite_count REAL, weight_norm REAL, weight_gradient_norm REAL,
      weight_gradient_max REAL, update_norm REAL);
    CREATE TABLE histogram(step INTEGER, site INTEGER, quantity TEXT, counts BLOB);
    CREATE TABLE measure(step INTEGER, site INTEGER, name TEXT, value REAL);
    CREATE TABLE event(step INTEGER, site INTEGER, kind TEXT, text TEXT);
    """
}
