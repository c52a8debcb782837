/// What an npy file says about its elements before them: a magic string, the format's version, the header's size, and a dictionary as
/// Python writes it, with type, order and shape.
///
/// Source: numpy.lib.format, format versions 1 to 3.
struct NPYHeader {
  /// The type as numpy writes it, such as “<f4”.
  let type: String
  /// Whether the first index varies fastest from element to element, instead of the last.
  let isFortranOrder: Bool
  /// The sizes of the dimensions; none for a single number.
  let shape: [Int]
  /// Where the elements begin.
  let end: Int

  init(_ bytes: [UInt8]) throws(Problem) {
    guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw Problem(words: "it is not an npy file; save it with numpy.save")
    }
    // The header's size has 2 bytes in version 1 and 4 in the later ones.
    guard bytes.count >= 12, (1...3).contains(bytes[6]) else { throw Problem(words: "its npy version is not 1 to 3") }
    let start = bytes[6] == 1 ? 10 : 12
    let size = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard bytes.count >= start + size else {
      throw Problem(words: "the file is cut short in its header; save it again")
    }
    end = start + size
    var literal = PythonLiteral(bytes[start..<end])
    guard let entries = literal.dictionary(), entries.keys.sorted() == ["descr", "fortran_order", "shape"] else {
      let text = String(decoding: bytes[start..<end].prefix(100), as: UTF8.self)
      throw Problem(words: "its header is invalid: \(text.trimmingBlanks)")
    }
    if case .list = entries["descr"] {
      throw Problem(
        words: "its elements are records of several fields; save one field: numpy.save(path, array[\"name\"])")
    }
    guard case .string(let type) = entries["descr"], case .bool(let order) = entries["fortran_order"],
      case .tuple(let shape) = entries["shape"]
    else { throw Problem(words: "its header has a type, an order or a shape that numpy does not write") }
    (self.type, isFortranOrder, self.shape) = (type, order, shape)
  }

  /// The number of elements; nil if no memory could hold them.
  var elementCount: Int? {
    if shape.contains(0) { return 0 }
    var count = 1
    for size in shape {
      let (larger, overflows) = count.multipliedReportingOverflow(by: size)
      if overflows { return nil }
      count = larger
    }
    return count
  }

  /// What is wrong with a file, in words.
  struct Problem: Error {
    let words: String
  }
}

extension String {
  fileprivate var trimmingBlanks: String {
    String(reversed().drop { $0.isWhitespace }.reversed())
  }
}

/// Reads the part of Python's syntax that numpy's headers use.
private struct PythonLiteral {
  enum Value {
    case string(String)
    case bool(Bool)
    case tuple([Int])
    /// A type of several fields, which is not read further.
    case list
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// A dictionary with nothing but blanks after it. A list as a value ends at its last bracket.
  mutating func dictionary() -> [String: Value]? {
    var entries: [String: Value] = [:]
    guard take("{") else { return nil }
    while !take("}") {
      guard case .string(let key) = string(), take(":"), let value = value(),
        entries.updateValue(value, forKey: key) == nil
      else { return nil }
      guard take(",") || isNext("}") else { return nil }
    }
    skipBlanks()
    return rest.isEmpty ? entries : nil
  }

  private mutating func value() -> Value? {
    if isNext("[") { return list() }
    if isNext("(") { return tuple() }
    if take("True") { return .bool(true) }
    return take("False") ? .bool(false) : string()
  }

  private mutating func string() -> Value? {
    for quote in ["'", "\""] where take(quote) {
      guard let end = rest.firstIndex(of: quote.utf8.first!) else { return nil }
      defer { rest = rest[(end + 1)...] }
      return .string(String(decoding: rest[..<end], as: UTF8.self))
    }
    return nil
  }

  /// A tuple of whole numbers: (), (3,), (3, 4) or (3, 4,). (3) is a number in Python.
  private mutating func tuple() -> Value? {
    guard take("(") else { return nil }
    var numbers: [Int] = [], hasComma = false
    while !take(")") {
      guard numbers.isEmpty || hasComma, let number = number() else { return nil }
      numbers.append(number)
      hasComma = take(",")
    }
    return numbers.count == 1 && !hasComma ? nil : .tuple(numbers)
  }

  private mutating func number() -> Int? {
    skipBlanks()
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest.dropFirst(digits.count)
    // Python 2 wrote 3L.
    _ = rest.first == UInt8(ascii: "L") && take("L")
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private mutating func list() -> Value? {
    guard let end = rest.lastIndex(of: UInt8(ascii: "]")) else { return nil }
    rest = rest[(end + 1)...]
    return .list
  }

  private mutating func skipBlanks() { rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) } }

  private mutating func isNext(_ text: String) -> Bool {
    skipBlanks()
    return rest.starts(with: text.utf8)
  }

  private mutating func take(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    rest = rest.dropFirst(text.utf8.count)
    return true
  }
}
