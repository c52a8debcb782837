import Support

/// A table in which two run files differ.
public struct RunDifference: Sendable, Equatable, CustomStringConvertible {
  /// The table.
  public let table: String
  /// The number of rows that differ, missing ones included.
  public let count: Int
  /// The first difference, as a sentence.
  public let text: String

  /// One line: table, first difference, and how many more rows differ.
  public var description: String {
    ("\(table): \(text)" + (count > 1 ? " (and \(count - 1) more rows)" : "")).escapedForTerminal
  }
}

/// Compares two run files row by row.
///
/// Two runs are equal if all tables of the format hold the same rows in the same order, bit for bit, but for clock values
/// (`started`, `finished`, `seconds`) and events that record an interruption. Tables and columns that the format does not define are
/// ignored.
public enum RunComparison {
  /// The differences, one per table; empty if the runs are equal. Throws a `RunFileError` if one can't be read, or if their
  /// formats differ.
  public static func differences(between path: String, and other: String) throws -> [RunDifference] {
    let (first, format) = try openRunFile(at: path), (second, otherFormat) = try openRunFile(at: other)
    guard format == otherFormat else {
      throw RunFileError.unreadable(
        path: other,
        reason:
          "it is of format \(otherFormat), and \(path) of format \(format); only files of one format can be compared")
    }
    return try tables(ofFormat: format).compactMap { table, columns in
      let read = { (database: Database, path: String) in
        do { return try database.prepare(columns, of: table, rows(of: table)) } catch {
          throw runFileError(error, reading: path)
        }
      }
      return try difference(table, columns, read(first, path), read(second, other), (path, other))
    }
  }

  /// The rows of a table to compare, in SQL.
  private static func rows(of table: String) -> String {
    switch table {
    case "meta": "WHERE key NOT IN ('started', 'finished') ORDER BY key"
    case "event": "WHERE kind <> '\(EventKind.interrupted)' ORDER BY rowid"
    default: "ORDER BY rowid"
    }
  }

  /// The tables and columns to compare.
  private static func tables(ofFormat format: Int) throws -> [(table: String, columns: [String])] {
    let statements = format == 1 ? Schema.statementsOfFormat1 : Schema.statements
    let database = try Database.inMemory(statements)
    let names = try database.computed("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid") {
      $0.computedText(0) ?? ""
    }
    return try names.map { (table: $0, columns: try database.columns(of: $0).filter { $0 != "seconds" }) }
  }

  private static func difference(
    _ table: String, _ columns: [String], _ first: consuming Statement, _ second: consuming Statement,
    _ paths: (String, String)
  ) throws -> RunDifference? {
    func step(_ statement: borrowing Statement, _ path: String) throws -> Bool {
      do { return try statement.step() } catch { throw runFileError(error, reading: path) }
    }
    var row = 0, count = 0, text: String?
    // A finished statement must not be stepped again: it would start over.
    var (isIn, isInOther) = (true, true)
    while true {
      isIn = try isIn && step(first, paths.0)
      isInOther = try isInOther && step(second, paths.1)
      guard isIn || isInOther else { break }
      row += 1
      guard isIn && isInOther else {
        count += 1
        text = text ?? "row \(row) is only in \(isIn ? paths.0 : paths.1)"
        continue
      }
      let keys = identity(columns, first)
      for column in columns.indices {
        let (value, other) = (first.value(Int32(column)), second.value(Int32(column)))
        guard value != other else { continue }
        count += 1
        text = text ?? "row \(row)\(keys): \(columns[column]) is \(value) and \(other)"
        break
      }
    }
    return text.map { RunDifference(table: table, count: count, text: $0) }
  }

  /// The values of a row's key columns: " (step 3, site 7)"; empty if the table has none.
  private static func identity(_ columns: [String], _ row: borrowing Statement) -> String {
    let keys = ["key", "step", "site", "parameter", "name", "quantity", "subject", "item"]
    let found = columns.indices.filter { keys.contains(columns[$0]) && row.value(Int32($0)) != .null }
      .map { "\(columns[$0]) \(row.value(Int32($0)))" }
    return found.isEmpty ? "" : " (\(found.joined(separator: ", ")))"
  }
}
