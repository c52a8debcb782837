import Autodiff
import Foundation

/// A column of a CSV file: by its name in the header, or by its place, counted from 0.
///
///     try Dataset(csv: "iris.csv", label: "species")
///     try Dataset(csv: "numbers.csv", label: 4, hasHeader: false)
public enum CSVColumn: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, Sendable {
  /// The column with this name.
  case name(String)
  /// The column at this place, from 0.
  case index(Int)

  /// A column's name.
  public init(stringLiteral name: String) { self = .name(name) }
  /// A column's place, from 0.
  public init(integerLiteral index: Int) { self = .index(index) }
}

/// The fields of a text with separated columns. A field in double quotes may hold separators, line breaks, and quotes, which
/// are doubled there; blanks around a field don't count, and neither do empty lines.
///
/// Source: Shafranovich, "Common format and MIME type for comma-separated values (CSV) files", 2005, RFC 4180.
struct CSVFile {
  let path: String
  /// The header's names; nil without one.
  let names: [String]?
  private(set) var rows: [(line: Int, fields: [String])] = []

  init(path: String, hasHeader: Bool, separator: Character) throws(DataFileError) {
    self.path = path
    guard let separator = separator.asciiValue, separator != quote, separator != newline else {
      stop("csv", "the separator \(separator), it is one ASCII character and neither a quote nor the end of a line")
    }
    var parser = Parser(path: path, bytes: [UInt8](try contents(ofFile: path)), separator: separator)
    while let row = try parser.nextRow() { rows.append(row) }
    names = hasHeader && !rows.isEmpty ? rows.removeFirst().fields : nil
    guard let first = rows.first else { throw .empty(path: path) }
    let width = names?.count ?? first.fields.count
    for row in rows where row.fields.count != width {
      throw .line(
        path: path, line: row.line, column: nil,
        problem: "\(row.fields.count) fields, \(names == nil ? "the first line" : "the header") has \(width)")
    }
  }

  var width: Int { names?.count ?? rows[0].fields.count }

  /// A column's place.
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

  /// The columns that can be named.
  private var titles: [String] { names.map { $0.map { "“\($0)”" } } ?? ["0 to \(width - 1), without names"] }

  /// The places of the columns to predict, of which there must be one, and of the inputs, which are all others.
  func split(targets: [CSVColumn]) throws(DataFileError) -> (inputs: [Int], targets: [Int]) {
    guard !targets.isEmpty else { throw .noTargets(path: path, present: titles) }
    var places: [Int] = []
    for column in targets { places.append(try index(of: column)) }
    let inputs = (0..<width).filter { !places.contains($0) }
    guard !inputs.isEmpty else { throw .noInputs(path: path, columns: places.map(title)) }
    return (inputs, places)
  }

  /// What errors call a column: its place from 1, as people count, and its name.
  func title(_ index: Int) -> String { "\(index + 1)" + (names.map { " (\($0[index]))" } ?? "") }

  /// The numbers in some columns, row by row.
  func numbers(_ columns: [Int]) throws(DataFileError) -> [Float] {
    var numbers: [Float] = []
    numbers.reserveCapacity(rows.count * columns.count)
    for row in rows {
      for column in columns {
        let field = row.fields[column]
        guard let number = Float(field), number.isFinite else {
          let problem = field.isEmpty ? "an empty field, a number is needed" : "“\(field)” is not a finite number"
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

/// Takes a text apart, row by row.
private struct Parser {
  let path: String
  let bytes: [UInt8]
  let separator: UInt8
  private var place = 0
  private var line = 1

  init(path: String, bytes: [UInt8], separator: UInt8) {
    self.path = path
    self.bytes = bytes
    self.separator = separator
    // The mark that some programs put before UTF-8.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  /// The next row that is not empty; nil at the end.
  mutating func nextRow() throws(DataFileError) -> (line: Int, fields: [String])? {
    while here != nil {
      let first = line
      var fields: [String] = []
      repeat { fields.append(try nextField(number: fields.count + 1)) } while take(separator)
      if take(newline) { line += 1 }
      if fields != [""] { return (first, fields) }
    }
    return nil
  }

  private var here: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard here == byte else { return false }
    place += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = here, blanks.contains(byte), byte != separator { place += 1 }
  }

  private mutating func nextField(number: Int) throws(DataFileError) -> String {
    skipBlanks()
    if take(quote) { return try restOfQuotedField(number: number) }
    let start = place
    while let byte = here, byte != separator, byte != newline { place += 1 }
    var end = place
    while end > start, blanks.contains(bytes[end - 1]) { end -= 1 }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private mutating func restOfQuotedField(number: Int) throws(DataFileError) -> String {
    let first = line
    var field: [UInt8] = []
    while true {
      guard let byte = here else {
        throw .line(path: path, line: first, column: "\(number)", problem: "a quote that is not closed")
      }
      place += 1
      // A quote in the field is doubled; a single one closes it.
      if byte == quote, !take(quote) { break }
      if byte == newline { line += 1 }
      field.append(byte)
    }
    skipBlanks()
    guard here == nil || here == separator || here == newline else {
      throw .line(path: path, line: line, column: "\(number)", problem: "text after a closing quote")
    }
    return String(decoding: field, as: UTF8.self)
  }
}
