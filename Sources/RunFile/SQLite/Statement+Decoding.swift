import CSQLite
import Support

/// A value in a table that is not what its column must hold.
struct WrongValue: Error {
  let table: String
  /// The row's number, or in `meta` its key; nil if the query does not select it.
  var row: String?
  let column: String
  let found: String
  let expected: String
}

/// The numbers that a column may hold besides NaN.
struct NumberRange {
  let lowest, highest: Double
  /// What the column must hold, in words.
  let words: String

  static let all = NumberRange(lowest: -.infinity, highest: .infinity, words: "a number")
  static let sizes = NumberRange(lowest: 0, highest: .infinity, words: "a number of 0 or more")
  static let fractions = NumberRange(lowest: 0, highest: 1, words: "a fraction from 0 to 1")
}

/// The last column of a query over the rows of a table, by which errors name the row. SQLite would give `rowid` the name of the key.
let rowNumber = "rowid AS row"

/// The largest step, depth, call or count: 2⁵³, up to which every whole number is a Double.
let largestWholeNumber = 1 << 53

/// All reading of tables: a value of a row that is what its column must hold, or a `WrongValue`. The numbers of columns count from 0.
extension Statement {
  /// A whole number of 0 or more, such as a step, a depth or a count.
  func whole(_ column: Int32) throws(WrongValue) -> Int {
    let value = stored(column)
    guard sqlite3_value_type(value) == SQLITE_INTEGER else { throw wrong(column, Self.wholeNumber) }
    let number = sqlite3_value_int64(value)
    guard number >= 0, number <= largestWholeNumber else { throw wrong(column, Self.wholeNumber) }
    return Int(number)
  }

  /// The id of a row, or a reference to one.
  func id(_ column: Int32) throws(WrongValue) -> Int {
    let value = stored(column)
    guard sqlite3_value_type(value) == SQLITE_INTEGER else { throw wrong(column, "a whole number") }
    return Int(sqlite3_value_int64(value))
  }

  /// The id of a row, in a query that is ordered by it: refuses one that is not above that of the row before, which is in `last`. In a damaged
  /// file rows may be out of order.
  func id(_ column: Int32, after last: inout Int?) throws(WrongValue) -> Int {
    let id = try id(column)
    guard id > last ?? .min else { throw wrong(column, "a larger number than in the row before") }
    last = id
    return id
  }

  /// The number of a step, in a query that is ordered by it: refuses one that is not above that of the row before, which is in `last`.
  func step(_ column: Int32, after last: inout Int?) throws(WrongValue) -> Int {
    let step = try whole(column)
    guard step > last ?? -1 else { throw wrong(column, "a larger number than in the row before") }
    last = step
    return step
  }

  func optionalWhole(_ column: Int32) throws(WrongValue) -> Int? { isNull(column) ? nil : try whole(column) }

  func optionalID(_ column: Int32) throws(WrongValue) -> Int? { isNull(column) ? nil : try id(column) }

  /// A number, which may be NaN or infinite; nil is "not recorded".
  func number(_ column: Int32) throws(WrongValue) -> Double? {
    let value = stored(column)
    switch sqlite3_value_type(value) {
    case SQLITE_FLOAT, SQLITE_INTEGER: return sqlite3_value_double(value)
    case SQLITE_NULL: return nil
    default:
      guard bytes(column).elementsEqual("NaN".utf8) else { throw wrong(column, "a number, the text NaN, or NULL") }
      return .nan
    }
  }

  func text(_ column: Int32) throws(WrongValue) -> String {
    guard sqlite3_value_type(stored(column)) == SQLITE_TEXT,
      let text = String(validating: bytes(column), as: UTF8.self)
    else { throw wrong(column, "text in UTF-8") }
    return text
  }

  func optionalText(_ column: Int32) throws(WrongValue) -> String? { isNull(column) ? nil : try text(column) }

  /// A column that is 0 or 1.
  func flag(_ column: Int32) throws(WrongValue) -> Bool {
    let value = stored(column)
    guard sqlite3_value_type(value) == SQLITE_INTEGER, (0...1).contains(sqlite3_value_int64(value)) else {
      throw wrong(column, "0 or 1")
    }
    return sqlite3_value_int64(value) == 1
  }

  /// A JSON array of whole numbers of 0 or more, such as a shape.
  func wholes(_ column: Int32) throws(WrongValue) -> [Int] {
    guard sqlite3_value_type(stored(column)) == SQLITE_TEXT, let numbers = wholeNumbers(inJSON: bytes(column)) else {
      throw wrong(column, "a JSON array of whole numbers of 0 or more, such as [64,10]")
    }
    return numbers
  }

  /// Packed counts.
  func counts(_ column: Int32) throws(WrongValue) -> [UInt32] {
    guard sqlite3_value_type(stored(column)) == SQLITE_BLOB, let counts = PackedCounts.counts(in: bytes(column)) else {
      throw wrong(
        column, "LEB128 numbers: how many counts, then for each that is not 0 the zeros before it and the count")
    }
    return counts
  }

  /// An error about the value of a column, which must be what `expected` says.
  @inline(never)
  func wrong(_ column: Int32, _ expected: String) -> WrongValue {
    let last = columnCount - 1, hasIdentity = ["row", "key"].contains(name(ofColumn: last)) && last > 0
    return WrongValue(
      table: table ?? "", row: hasIdentity ? value(last).plainDescription : nil, column: name(ofColumn: column),
      found: "\(value(column))", expected: expected)
  }

  private static let wholeNumber = "a whole number from 0 to \(largestWholeNumber)"

  private func isNull(_ column: Int32) -> Bool { sqlite3_value_type(stored(column)) == SQLITE_NULL }
}

/// The numbers of a JSON array of whole numbers of 0 or more, with or without white space; nil if the text is none.
func wholeNumbers(inJSON text: UnsafeRawBufferPointer) -> [Int]? {
  var position = 0, numbers: [Int] = []
  func skipBlanks() {
    while position < text.count, isBlank(text[position]) { position += 1 }
  }
  func take(_ byte: UInt8) -> Bool {
    skipBlanks()
    guard position < text.count, text[position] == byte else { return false }
    position += 1
    return true
  }
  func number() -> Int? {
    skipBlanks()
    let start = position
    var number = 0
    while position < text.count, text[position] >= UInt8(ascii: "0"), text[position] <= UInt8(ascii: "9") {
      let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, overflows) = tens.addingReportingOverflow(Int(text[position] - UInt8(ascii: "0")))
      guard !isTooLarge, !overflows else { return nil }
      number = sum
      position += 1
    }
    return position > start ? number : nil
  }
  guard take(UInt8(ascii: "[")) else { return nil }
  if !take(UInt8(ascii: "]")) {
    repeat {
      guard let number = number() else { return nil }
      numbers.append(number)
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { return nil }
  }
  skipBlanks()
  return position == text.count ? numbers : nil
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

/// A JSON array of whole numbers.
func json(_ numbers: [Int]) -> String { "[" + numbers.map(String.init).joined(separator: ",") + "]" }
