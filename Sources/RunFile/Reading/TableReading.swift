// The tables that a run holds in memory, in format 2. `Format1` has those that differ in format 1.

func metaOf(_ database: Database) throws -> [MetaKey: String] {
  let entries = try database.rows(["key", "value", "key"], of: "meta") {
    (MetaKey(rawValue: try $0.text(0)), try $0.text(1))
  }
  return Dictionary(entries) { $1 }
}

func sitesOf(_ database: Database) throws -> [Site] {
  var last: Int?
  return try database.rows(
    ["id", "path", "module", "call", "kind", "depth", "is_layer", "shape", rowNumber], of: "site", "ORDER BY id"
  ) { row in
    var site = Site(
      id: try row.id(0, after: &last), module: try row.text(2), call: try row.whole(3),
      kind: ModuleKind(rawValue: try row.text(4)), depth: try row.whole(5), isLayer: try row.flag(6),
      shape: try row.wholes(7))
    site.path = try row.text(1)
    return site
  }
}

func parametersOf(_ database: Database) throws -> [RecordedParameter] {
  var last: Int?
  return try database.rows(
    ["id", "path", "shape", "site", "optimizers", "frozen", rowNumber], of: "parameter", "ORDER BY id"
  ) { row in
    RecordedParameter(
      id: try row.id(0, after: &last), path: try row.text(1), shape: try row.wholes(2), site: try row.optionalID(3),
      optimizers: try row.wholes(4), isFrozen: try row.flag(5))
  }
}

func stepsOf(_ database: Database) throws -> [StepRow] {
  var last: Int?
  return try database.rows(
    ["step", "loss", "accuracy", "learning_rate", "seconds", rowNumber], of: "step", "ORDER BY step"
  ) { row in
    StepRow(
      step: try row.step(0, after: &last), loss: try row.number(1) ?? .nan, accuracy: try row.number(2),
      learningRate: try row.number(3), seconds: try row.number(4) ?? .nan)
  }
}

func eventsOf(_ database: Database) throws -> [Event] {
  try database.rows(["step", "site", "kind", "text", rowNumber], of: "event", "ORDER BY rowid") { row in
    Event(
      step: try row.whole(0), site: try row.optionalID(1), kind: EventKind(rawValue: try row.text(2)),
      text: try row.text(3))
  }
}

/// The largest number of a table's rows; 0 if it has none.
func lastRow(of table: String, _ database: Database) throws -> Int {
  try database.rows(["max(rowid)"], of: table) { try $0.optionalID(0) ?? 0 }[0]
}
