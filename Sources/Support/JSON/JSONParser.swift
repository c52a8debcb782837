import Foundation

/// Reads a JSON text by recursive descent; see `StrictJSON`.
struct JSONParser {
  let text: JSONText
  let depthLimit: Int
  private var offset = 0
  private var depth = 0

  init(text: JSONText, depthLimit: Int) {
    self.text = text
    self.depthLimit = depthLimit
  }

  private var next: UInt8? { offset < text.bytes.count ? text.bytes[offset] : nil }

  private func error(_ expected: String, at position: Int? = nil, found: String? = nil) -> JSONError {
    let position = position ?? offset
    return JSONError(
      position: text.position(at: position), found: found ?? text.words(at: position), expected: expected)
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let root = try value("a value")
    skipBlanks()
    guard next == nil else { throw error("the end of the text") }
    return root
  }

  private mutating func skipBlanks() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
  }

  private mutating func value(_ expected: String) throws(JSONError) -> JSONValue {
    skipBlanks()
    let start = offset
    let content: JSONValue.Content
    switch next {
    case UInt8(ascii: "{"): content = .object(try object())
    case UInt8(ascii: "["): content = .array(try array())
    case UInt8(ascii: "\""): content = .string(try string())
    case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte): content = .number(try number())
    default:
      if take(word: "true") {
        content = .bool(true)
      } else if take(word: "false") {
        content = .bool(false)
      } else if take(word: "null") {
        content = .null
      } else {
        throw error(expected)
      }
    }
    return JSONValue(content: content, text: text, offset: start)
  }

  private mutating func take(word: StaticString) -> Bool {
    let matches = word.withUTF8Buffer { text.bytes[offset...].starts(with: $0) }
    if matches { offset += word.utf8CodeUnitCount }
    return matches
  }

  /// Enters an array or an object.
  private mutating func open() throws(JSONError) {
    depth += 1
    guard depth <= depthLimit else {
      throw error("at most \(depthLimit) levels of arrays and objects", found: "a deeper level")
    }
    offset += 1
    skipBlanks()
  }

  /// Takes a comma, or the closing bracket, after which it returns false.
  private mutating func isFollowed(orEndedBy end: UInt8) throws(JSONError) -> Bool {
    skipBlanks()
    guard let byte = next, byte == UInt8(ascii: ",") || byte == end else {
      throw error("“,” or “\(Character(UnicodeScalar(end)))”")
    }
    offset += 1
    if byte == end { depth -= 1 }
    return byte != end
  }

  private mutating func array() throws(JSONError) -> [JSONValue] {
    try open()
    if next == UInt8(ascii: "]") { return closed([]) }
    var elements: [JSONValue] = []
    repeat {
      elements.append(try value(elements.isEmpty ? "a value or “]”" : "a value"))
    } while try isFollowed(
      orEndedBy: UInt8(ascii: "]"))
    return elements
  }

  private mutating func closed<Elements>(_ elements: Elements) -> Elements {
    offset += 1
    depth -= 1
    return elements
  }

  private mutating func object() throws(JSONError) -> [JSONMember] {
    try open()
    if next == UInt8(ascii: "}") { return closed([]) }
    var members: [JSONMember] = [], names = Set<String>()
    repeat {
      skipBlanks()
      let start = offset
      guard next == UInt8(ascii: "\"") else {
        throw error(members.isEmpty ? "a key in double quotes or “}”" : "a key in double quotes")
      }
      let name = try string()
      // Keys that differ only in their Unicode normal form look alike and are equal as texts, so they are refused too.
      guard names.insert(name).inserted else {
        let isSame = members.contains { $0.name.utf8.elementsEqual(name.utf8) }
        throw error(
          "a key that the object does not have yet", at: start,
          found: "“\(name)” again\(isSame ? "" : ", in another Unicode normal form")")
      }
      skipBlanks()
      guard next == UInt8(ascii: ":") else { throw error("“:”") }
      offset += 1
      members.append(JSONMember(name: name, value: try value("a value"), offset: start))
    } while try isFollowed(orEndedBy: UInt8(ascii: "}"))
    return members
  }

  /// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
  private mutating func number() throws(JSONError) -> Substring {
    let start = offset
    if next == UInt8(ascii: "-") { offset += 1 }
    var isComplete = next == UInt8(ascii: "0")
    if isComplete { offset += 1 } else { isComplete = takeDigits() }
    if next == UInt8(ascii: ".") {
      offset += 1
      isComplete = takeDigits() && isComplete
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      offset += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
      isComplete = takeDigits() && isComplete
    }
    // 07, 1.2.3 and 1x are not numbers with something else behind them.
    let goesOn = next.map {
      isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || Character(UnicodeScalar($0)).isLetter
    }
    guard isComplete, goesOn != true else {
      throw error("a number as JSON writes it, such as -0.5 or 1e-3", at: start)
    }
    return Substring(decoding: text.bytes[start..<offset], as: UTF8.self)
  }

  /// Takes one digit or more; returns false if there is none.
  private mutating func takeDigits() -> Bool {
    let start = offset
    while let byte = next, isDigit(byte) { offset += 1 }
    return offset > start
  }

  private mutating func string() throws(JSONError) -> String {
    offset += 1
    var bytes: [UInt8] = []
    while true {
      guard let byte = next else { throw error("“\"”") }
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: bytes, as: UTF8.self) else {
          throw error("UTF-8", found: "a string that is not UTF-8")
        }
        offset += 1
        return string
      case UInt8(ascii: "\\"): bytes += try String(escaped()).utf8
      case 0..<0x20: throw error("“\"”, or an escape such as \\n in place of a control character")
      default:
        let end = text.bytes[offset...].firstIndex { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        bytes += text.bytes[offset..<(end ?? text.bytes.count)]
        offset = end ?? text.bytes.count
      }
    }
  }

  private mutating func escaped() throws(JSONError) -> Character {
    let start = offset
    offset += 1
    guard let byte = next else { throw error("an escape") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Character(UnicodeScalar(byte))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var unit = try hexadecimal(from: start)
      if (0xD800..<0xDC00).contains(unit), take(word: "\\u") {
        let low = try hexadecimal(from: start)
        guard (0xDC00..<0xE000).contains(low) else { throw error("the second half of a surrogate pair", at: start) }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = UnicodeScalar(unit) else { throw error("both halves of a surrogate pair", at: start) }
      return Character(scalar)
    default: throw error("one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u", at: start)
    }
  }

  private mutating func hexadecimal(from start: Int) throws(JSONError) -> UInt32 {
    let digits = text.bytes[offset...].prefix(4)
    let isHexadecimal = digits.count == 4 && digits.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    guard isHexadecimal, let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
      throw error("four hexadecimal digits after \\u", at: start)
    }
    offset += 4
    return unit
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
