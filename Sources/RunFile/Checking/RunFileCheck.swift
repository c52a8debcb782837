import Support

/// A problem of a run file.
public struct RunFileProblem: Sendable, Equatable, CustomStringConvertible {
  /// The table.
  public let table: String
  /// The first row with this problem: its number, or its key in `meta`; nil if the problem is the whole table's.
  public let row: String?
  /// The number of rows with this problem.
  public let count: Int
  /// The problem, and what would be right.
  public let text: String

  /// One line: table, row, problem, and the number of rows with it.
  public var description: String {
    let location = row.map { "\(table), row \($0)" } ?? table
    return ("\(location): \(text)" + (count > 1 ? " (and \(count - 1) more)" : "")).escapedForTerminal
  }
}

/// Checks a run file against the format's specification.
public enum RunFileCheck {
  /// All violations of the specification, in the order of tables; empty for a correct file.
  ///
  /// A file of format 1 is checked only for damage. Throws a `RunFileError` if the file can't be opened as a run file.
  public static func problems(at path: String) throws -> [RunFileProblem] {
    do {
      let (database, format) = try openRunFile(at: path, toleratesOtherTables: true)
      let damage = try damage(in: database)
      guard damage.isEmpty, format > 1 else { return damage }
      let missing = try otherTables(in: database) + missingColumns(in: database)
      guard missing.isEmpty else { return missing }
      let problems =
        try missingMeta(in: database) + FormatRule.all.compactMap { try broken($0, in: database) }
        + unreadableHistograms(in: database)
      // A summary can be computed only from correct rows.
      return try problems.isEmpty ? wrongSummary(in: database, path) : problems
    } catch RunFileError.wrongValue(_, let table, let row, let column, let found, let expected) {
      return [
        RunFileProblem(table: table, row: row, count: 1, text: "\(column) is \(found), but must be \(expected)")
      ]
    } catch {
      throw runFileError(error, reading: path)
    }
  }

  private static func damage(in database: Database) throws -> [RunFileProblem] {
    let answers = try database.computed("PRAGMA integrity_check(10)") { $0.computedText(0) ?? "" }
    guard answers != ["ok"] else { return [] }
    return [
      RunFileProblem(
        table: "the file", row: nil, count: 1,
        text: "it is damaged in \(counted(answers.count, "place")); copy it again, or record the run again")
    ]
  }

  /// The columns of each table, by name and type, as `Schema` creates them.
  private static func columns(of database: Database) throws -> [String: [String]] {
    let rows = try database.computed(
      """
      SELECT t.name, c.name || ' ' || c.type FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
      WHERE t.type = 'table' AND t.rootpage > 0 ORDER BY t.name, c.cid
      """
    ) { ($0.computedText(0) ?? "", $0.computedText(1) ?? "") }
    return Dictionary(grouping: rows, by: \.0).mapValues { $0.map(\.1) }
  }

  private static func otherTables(in database: Database) throws -> [RunFileProblem] {
    try database.othersInPlaceOfTables().map {
      RunFileProblem(table: $0.name, row: nil, count: 1, text: "it is \($0.kind), not a table")
    }
  }

  private static func missingColumns(in database: Database) throws -> [RunFileProblem] {
    let expected = try columns(of: Database.inMemory(Schema.statements)), found = try columns(of: database)
    let others = try Set(database.othersInPlaceOfTables().map(\.name))
    return expected.filter { !others.contains($0.key) }.sorted { $0.key < $1.key }.flatMap {
      table, columns -> [RunFileProblem] in
      guard let present = found[table] else {
        return [RunFileProblem(table: table, row: nil, count: 1, text: "there is no such table")]
      }
      return columns.filter { !present.contains($0) }.map {
        RunFileProblem(table: table, row: nil, count: 1, text: "it has no column \($0)")
      }
    }
  }

  private static func missingMeta(in database: Database) throws -> [RunFileProblem] {
    let keys = try database.rows(["key"], of: "meta") { try $0.text(0) }
    return [MetaKey.format, .started].filter { !keys.contains($0.rawValue) }.map {
      RunFileProblem(table: "meta", row: nil, count: 1, text: "it has no entry “\($0)”")
    }
  }

  private static func broken(_ rule: FormatRule, in database: Database) throws -> RunFileProblem? {
    let row = rule.table == "meta" ? "key" : "rowid"
    let found = try database.rows(["count(*)", "min(\(row))"], of: rule.table, "WHERE \(rule.broken)") {
      (count: $0.computedInt(0), row: $0.value(1).plainDescription)
    }[0]
    guard found.count > 0 else { return nil }
    return RunFileProblem(table: rule.table, row: found.row, count: found.count, text: rule.problem)
  }

  private static func unreadableHistograms(in database: Database) throws -> [RunFileProblem] {
    let unreadable = try database.rows(["rowid", "counts"], of: "histogram") { row in
      PackedCounts.counts(in: row.bytes(1)) == nil ? try row.id(0) : nil
    }.compactMap { $0 }
    guard let first = unreadable.first else { return [] }
    return [
      RunFileProblem(
        table: "histogram", row: "\(first)", count: unreadable.count,
        text: "its counts are not LEB128 numbers as the specification requires")
    ]
  }

  /// Whether two values of a summary are the same; other writers may round real numbers differently.
  private static func isSame(_ a: SQLValue, _ b: SQLValue) -> Bool {
    guard case .real(let a) = a, case .real(let b) = b else { return a == b }
    let x = Double(bitPattern: a), y = Double(bitPattern: b)
    return a == b || abs(x - y) <= 1e-9 * max(abs(x), abs(y))
  }

  /// A finished run has one summary, which equals the summary computed from its rows.
  private static func wrongSummary(in database: Database, _ path: String) throws -> [RunFileProblem] {
    let count = try database.rows(["count(*)"], of: "summary") { $0.computedInt(0) }[0]
    let isFinished = try !database.rows(["key"], of: "meta", "WHERE key = 'finished'") { _ in true }.isEmpty
    guard count == 1, isFinished else {
      return count == (isFinished ? 1 : 0)
        ? []
        : [
          RunFileProblem(
            table: "summary", row: nil, count: 1,
            text: "it has \(counted(count, "row")); a finished run has one, an unfinished none")
        ]
    }
    let names = RunSummary.columns
    let stored = try database.rows(names, of: "summary") { row in
      names.indices.map { row.value(Int32($0)) }
    }[0]
    let computed = try Database.inMemory(Schema.statements).rowOfSummary(RunSummary(computedFrom: Run(path: path)))
    return names.indices.filter { !isSame(stored[$0], computed[$0]) }.map {
      RunFileProblem(
        table: "summary", row: nil, count: 1,
        text: "\(names[$0]) is \(stored[$0]), but the other tables give \(computed[$0])")
    }
  }
}

extension Database {
  /// A database in memory with these statements run.
  static func inMemory(_ statements: String) throws(SQLiteError) -> Database {
    let database = try Database(inMemory: ())
    try database.execute(statements)
    return database
  }

  /// The values of a summary as SQLite stores them.
  fileprivate func rowOfSummary(_ summary: RunSummary) throws -> [SQLValue] {
    try prepare("INSERT INTO summary VALUES (\(RunSummary.columns.map { _ in "?" }.joined(separator: ", ")))")
      .run(values: summary.values)
    return try rows(RunSummary.columns, of: "summary") { row in RunSummary.columns.indices.map { row.value(Int32($0)) }
    }[0]
  }
}
