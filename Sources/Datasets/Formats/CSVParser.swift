let quote = UInt8(ascii: "\""), lineFeed = UInt8(ascii: "\n"), carriageReturn = UInt8(ascii: "\r")
private let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t")]

/// Splits the text of a CSV file into rows and fields. The text is UTF-8; see `checkText`.
struct CSVParser {
  private let path: String
  private let bytes: [UInt8]
  private let separator: UInt8
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
      takeLineEnd()
      if fields != [""] { return (first, fields) }
    }
    return nil
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }
  private var isAtLineEnd: Bool { current == lineFeed || current == carriageReturn }
  private var isAtFieldEnd: Bool { current == nil || current == separator || isAtLineEnd }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    position += 1
    return true
  }

  /// Takes one line end, if there is one: LF, CR LF or CR.
  private mutating func takeLineEnd() {
    guard isAtLineEnd else { return }
    if take(carriageReturn) { _ = take(lineFeed) } else { position += 1 }
    line += 1
  }

  private mutating func skipBlanks() {
    while let byte = current, blanks.contains(byte), byte != separator { position += 1 }
  }

  private mutating func nextField(number: Int) throws(DataFileError) -> String {
    skipBlanks()
    if take(quote) { return try restOfQuotedField(number: number) }
    let start = position
    while !isAtFieldEnd { position += 1 }
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
      let start = position
      if isAtLineEnd { takeLineEnd() } else { position += 1 }
      // A doubled quote is part of the field; a single one closes it.
      if byte == quote, !take(quote) { break }
      field += byte == quote ? [quote] : bytes[start..<position]
    }
    skipBlanks()
    guard isAtFieldEnd else {
      throw .line(path: path, line: line, column: "\(number)", problem: "text follows a closing quote")
    }
    return String(decoding: field, as: UTF8.self)
  }
}
