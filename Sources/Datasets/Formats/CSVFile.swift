import Autodiff
import Foundation

/// A column of a CSV file: its name in the header, or its index from 0.
///
///     try Dataset(csv: "iris.csv", label: "species")
///     try Dataset(csv: "numbers.csv", label: 4, hasHeader: false)
public enum CSVColumn: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, Sendable {
  /// The column with this name.
  case name(String)
  /// The column with this index, from 0.
  case index(Int)

  /// A column's name.
  public init(stringLiteral name: String) { self = .name(name) }
  /// A column's index, from 0.
  public init(integerLiteral index: Int) { self = .index(index) }
}

/// The fields of a CSV file. A field in double quotes may contain separators, line breaks and doubled quotes. Blanks around a field
/// and empty lines are ignored.
///
/// Source: Shafranovich, "Common format and MIME type for comma-separated values (CSV) files", 2005, RFC 4180.
struct CSVFile {
  let path: String
  /// The names in the header; nil without a header.
  let names: [String]?
  private(set) var rows: [(line: Int, fields: [String])] = []

  init(path: String, hasHeader: Bool, separator: Character) throws(DataFileError) {
    self.path = path
    guard let separator = separator.asciiValue, separator != quote, separator != newline else {
      stop(
        "csv", "the separator is “\(separator)”; it must be one ASCII character, and neither a quote nor a line break")
    }
    var parser = Parser(path: path, bytes: [UInt8](try contents(ofFile: path)), separator: separator)
    while let row = try parser.nextRow() { rows.append(row) }
    names = hasHeader && !rows.isEmpty ? rows.removeFirst().fields : nil
    guard let first = rows.first else { throw .empty(path: path) }
    let width = names?.count ?? first.fields.count
    for row in rows where row.fields.count != width {
      throw .line(
        path: path, line: row.line, column: nil,
        problem: "it has \(row.fields.count) fields; \(names == nil ? "the first line" : "the header") has \(width)")
    }
  }

  var width: Int { names?.count ?? rows[0].fields.count }

  /// A column's index.
  func index(of column: CSVColumn) throws(DataFileError) -> Int {
    switch column {
    case .index(let index):
      guard (0..<width).contains(index) else {
        throw .noColumn(path: path, column: "\(index)", present: ["0 to \(width - 1)"])
      }
      return index
    case .name(let name):
      guard let index = names?.firstIndex(of: name) else {
        throw .noColumn(path: path, column: "“\(name)”", present: titles)
      }
      return index
    }
  }

  /// The columns for an error's text.
  private var titles: [String] { names.map { $0.map { "“\($0)”" } } ?? ["0 to \(width - 1), without names"] }

  /// The indices of the target columns, at least one, and of the input columns, which are all others.
  func split(targets: [CSVColumn]) throws(DataFileError) -> (inputs: [Int], targets: [Int]) {
    guard !targets.isEmpty else { throw .noTargets(path: path, present: titles) }
    var indices: [Int] = []
    for column in targets { indices.append(try index(of: column)) }
    let inputs = (0..<width).filter { !indices.contains($0) }
    guard !inputs.isEmpty else { throw .noInputs(path: path, columns: indices.map(title)) }
    return (inputs, indices)
  }

  /// A column for an error's text: its number from 1, and its name.
  func title(_ index: Int) -> String { "\(index + 1)" + (names.map { " (\($0[index]))" } ?? "") }

  /// The numbers in these columns, row by row. Throws at a field that is not a finite number.
  func numbers(_ columns: [Int]) throws(DataFileError) -> [Float] {
    var numbers: [Float] = []
    numbers.reserveCapacity(rows.count * columns.count)
    for row in rows {
      for column in columns {
        let field = row.fields[column]
        guard let number = Float(field), number.isFinite else {
          let problem = field.isEmpty ? "the field is empty; a number is needed" : "“\(field)” is not a finite number"
          throw .line(path: path, line: row.line, column: title(column), problem: problem)
        }
        numbers.append(number)
      }
    }
    return numbers
  }
}

private let quote = UInt8(ascii: "\""), newline = UInt8(ascii: "\n")
private let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")]

/// Splits a text into rows and fields.
private struct Parser {
  let path: String
  let bytes: [UInt8]
  let separator: UInt8
  private var position = 0
  private var line = 1

  init(path: String, bytes: [UInt8], separator: UInt8) {
    self.path = path
    self.bytes = bytes
    self.separator = separator
    // The byte order mark that some programs write before UTF-8.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// The next row that is not empty; nil at the end of the text.
  mutating func nextRow() throws(DataFileError) -> (line: Int, fields: [String])? {
    while current != nil {
      let first = line
      var fields: [String] = []
      repeat { fields.append(try nextField(number: fields.count + 1)) } while take(separator)
      if take(newline) { line += 1 }
      if fields != [""] { return (first, fields) }
    }
    return nil
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = current, blanks.contains(byte), byte != separator { position += 1 }
  }

  private mutating func nextField(number: Int) throws(DataFileError) -> String {
    skipBlanks()
    if take(quote) { return try restOfQuotedField(number: number) }
    let start = position
    while let byte = current, byte != separator, byte != newline { position += 1 }
    var end = position
    while end > start, blanks.contains(bytes[end - 1]) { end -= 1 }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private mutating func restOfQuotedField(number: Int) throws(DataFileError) -> String {
    let first = line
    var field: [UInt8] = []
    while true {
      guard let byte = current else {
        throw .line(path: path, line: first, column: "\(number)", problem: "a quote is not closed")
      }
      position += 1
      // A doubled quote is part of the field; a single one closes it.
      if byte == quote, !take(quote) { break }
      if byte == newline { line += 1 }
      field.append(byte)
    }
    skipBlanks()
    guard current == nil || current == separator || current == newline else {
      throw .line(path: path, line: line, column: "\(number)", problem: "text follows a closing quote")
    }
    return String(decoding: field, as: UTF8.self)
  }
}
