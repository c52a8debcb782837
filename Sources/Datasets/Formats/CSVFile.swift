import Autodiff
import Support

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

/// The fields of a CSV file of UTF-8 text. A field in double quotes may contain separators, line breaks and doubled quotes. Blanks around
/// a field and empty lines are ignored. Lines end with LF, CR LF or CR.
///
/// Source: Shafranovich, "Common format and MIME type for comma-separated values (CSV) files", 2005, RFC 4180.
struct CSVFile {
  let path: String
  /// The names in the header; nil without a header.
  let names: [String]?
  private(set) var rows: [(line: Int, fields: [String])] = []

  init(path: String, hasHeader: Bool, separator: Character) throws(DataFileError) {
    self.path = path
    guard let separator = separator.asciiValue, ![quote, lineFeed, carriageReturn].contains(separator) else {
      stop(
        "csv", "the separator is “\(separator)”; it must be one ASCII character, and neither a quote nor a line break")
    }
    let bytes = try contents(ofFile: path)
    try checkText(bytes, path: path)
    var parser = CSVParser(path: path, bytes: bytes, separator: separator)
    while let row = try parser.nextRow() { rows.append(row) }
    let header = hasHeader && !rows.isEmpty ? rows.removeFirst() : nil
    names = header?.fields
    guard let first = rows.first else { throw .empty(path: path) }
    if let header { try checkNames(header) }
    let width = names?.count ?? first.fields.count
    for row in rows where row.fields.count != width {
      throw .line(
        path: path, line: row.line, column: nil,
        problem: "it has \(row.fields.count) fields; \(names == nil ? "the first line" : "the header") has \(width)")
    }
  }

  private func checkNames(_ header: (line: Int, fields: [String])) throws(DataFileError) {
    var indices: [String: Int] = [:]
    for (index, name) in header.fields.enumerated() {
      if let first = indices.updateValue(index, forKey: name) {
        throw .line(
          path: path, line: header.line, column: title(index),
          problem: "column \(first + 1) has the same name; give each column its own")
      }
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
      for column in columns { numbers.append(try number(in: row, column)) }
    }
    return numbers
  }

  /// The number in a field. Throws if it is none, or not finite.
  func number(in row: (line: Int, fields: [String]), _ column: Int) throws(DataFileError) -> Float {
    let field = row.fields[column]
    guard let number = Float(field), number.isFinite else {
      let advice = Float(field) == nil ? "; a column of text is named in textColumns" : ""
      let problem =
        field.isEmpty ? "the field is empty; a number is needed" : "“\(field)” is not a finite number\(advice)"
      throw .line(path: path, line: row.line, column: title(column), problem: problem)
    }
    return number
  }
}
