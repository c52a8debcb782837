import Foundation

/// A JSON text with the position of each value. Foundation's decoders keep one of several equal keys and, on Linux, report no
/// position; this reader refuses equal keys, commas after the last element, and everything else that RFC 8259 does not allow.
///
/// Source: RFC 8259, with the limits that it leaves to implementations: keys are unique, and values nest up to a depth.
package struct StrictJSON {
  /// The outermost value.
  package let root: JSONValue

  /// Reads UTF-8 text. Throws a `JSONError` at the first byte that is not JSON, at a key that its object has already, and where
  /// arrays and objects nest deeper than `depthLimit`.
  package init(_ data: Data, depthLimit: Int = 100) throws(JSONError) {
    var parser = JSONParser(text: JSONText(bytes: [UInt8](data)), depthLimit: depthLimit)
    root = try parser.document()
  }
}

/// A value of a JSON text. Its accessors throw a `JSONError` with the value's position if the value is of another kind.
package struct JSONValue {
  package enum Content {
    case null
    case bool(Bool)
    /// As written.
    case number(Substring)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])
  }

  package let content: Content
  let text: JSONText
  let offset: Int

  /// Where the value begins.
  package var position: JSONPosition { text.position(at: offset) }

  /// The members of an object, in order.
  package var members: [JSONMember] {
    get throws(JSONError) {
      guard case .object(let members) = content else { throw mismatch("an object") }
      return members
    }
  }

  /// The elements of an array.
  package var elements: [JSONValue] {
    get throws(JSONError) {
      guard case .array(let elements) = content else { throw mismatch("an array") }
      return elements
    }
  }

  /// A string.
  package var string: String {
    get throws(JSONError) {
      guard case .string(let string) = content else { throw mismatch("a string") }
      return string
    }
  }

  /// A whole number that Int holds, written without a fraction or an exponent.
  package var int: Int {
    get throws(JSONError) {
      guard case .number(let digits) = content, let number = Int(digits) else { throw mismatch("a whole number") }
      return number
    }
  }

  /// A number that Double holds.
  package var double: Double {
    get throws(JSONError) {
      guard case .number(let digits) = content, let number = Double(digits), number.isFinite else {
        throw mismatch("a number")
      }
      return number
    }
  }

  /// The member of an object with this name. Throws a `JSONError` if there is none.
  package subscript(name: String) -> JSONValue {
    get throws(JSONError) {
      guard let member = try members.first(where: { $0.name == name }) else {
        throw JSONError(position: position, found: "an object without “\(name)”", expected: "the key “\(name)”")
      }
      return member.value
    }
  }

  /// An error at this value, which is not what it should be.
  package func mismatch(_ expected: String) -> JSONError {
    JSONError(position: position, found: text.words(at: offset), expected: expected)
  }
}

/// A key of a JSON object with its value.
package struct JSONMember {
  package let name: String
  package let value: JSONValue
  let offset: Int

  /// Where the key begins.
  package var position: JSONPosition { value.text.position(at: offset) }
}

/// A position in a JSON text.
package struct JSONPosition: Equatable {
  /// From 1 on.
  package let line: Int
  /// In characters, from 1 on.
  package let column: Int
  /// From 0 on.
  package let byte: Int
}

/// What is wrong with a JSON text, and where.
package struct JSONError: Error, Equatable, CustomStringConvertible {
  package let position: JSONPosition
  package let found, expected: String

  package var description: String {
    "line \(position.line), column \(position.column): found \(found), expected \(expected)"
  }
}

/// The bytes that values came from.
final class JSONText: Sendable {
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  func position(at offset: Int) -> JSONPosition {
    let before = bytes[..<min(offset, bytes.count)]
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return JSONPosition(
      line: before.count { $0 == UInt8(ascii: "\n") } + 1,
      column: String(decoding: before[start...], as: UTF8.self).count + 1, byte: offset)
  }

  /// What stands at a position, for a message: a word or a single character in quotation marks.
  func words(at offset: Int) -> String {
    guard offset < bytes.count else { return "the end" }
    let rest = String(decoding: bytes[offset..<min(offset + 200, bytes.count)], as: UTF8.self)
    let first = rest.first!
    if first.isNewline { return "the end of the line" }
    let word = rest.prefix { $0.isLetter || $0.isNumber || "+-._".contains($0) }
    let shown = word.isEmpty ? String(first) : word.count > 24 ? word.prefix(24) + "…" : String(word)
    let isPrintable = shown.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
    return isPrintable ? "“\(shown)”" : "the byte \(bytes[offset])"
  }
}
