/// A type of numpy's numbers that Float32 takes, and its byte order.
struct NPYType {
  /// As numpy writes it: the byte order, a letter for the kind, and the number of bytes.
  let name: String
  /// Bytes per element.
  let size: Int
  private let kind: Character
  private let isBigEndian: Bool

  /// nil for a type that is not supported.
  init?(_ name: String) {
    guard let match = name.wholeMatch(of: /([<>|])([fiub])([1-9])/), let size = Int(match.3) else { return nil }
    let sizes: [Int] =
      switch match.2 {
      case "f": [2, 4, 8]
      case "b": [1]
      default: [1, 2, 4, 8]
      }
    // Only single bytes have no order.
    guard sizes.contains(size), match.1 != "|" || size == 1 else { return nil }
    (self.name, self.size, kind, isBigEndian) = (name, size, Character(String(match.2)), match.1 == ">")
  }

  var isFloat64: Bool { kind == "f" && size == 8 }

  /// The elements, rounded to Float32.
  func numbers(_ bytes: ArraySlice<UInt8>) -> [Float] {
    switch (kind, size) {
    case ("f", 2): words(bytes) { (bits: UInt16) in Float(Float16(bitPattern: bits)) }
    case ("f", 4): words(bytes) { (bits: UInt32) in Float(bitPattern: bits) }
    case ("f", _): words(bytes) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
    case ("i", 1): words(bytes) { (value: Int8) in Float(value) }
    case ("i", 2): words(bytes) { (value: Int16) in Float(value) }
    case ("i", 4): words(bytes) { (value: Int32) in Float(value) }
    case ("i", _): words(bytes) { (value: Int64) in Float(value) }
    case ("b", _): words(bytes) { (value: UInt8) in value == 0 ? 0 : 1 }
    case (_, 1): words(bytes) { (value: UInt8) in Float(value) }
    case (_, 2): words(bytes) { (value: UInt16) in Float(value) }
    case (_, 4): words(bytes) { (value: UInt32) in Float(value) }
    default: words(bytes) { (value: UInt64) in Float(value) }
    }
  }

  /// The elements of float64 as they are.
  func doubles(_ bytes: ArraySlice<UInt8>) -> [Double] { words(bytes) { (bits: UInt64) in Double(bitPattern: bits) } }

  /// The elements of an integer type or bool, nil for one that Int can't hold; nil for the other types.
  func wholeNumbers(_ bytes: ArraySlice<UInt8>) -> [Int?]? {
    switch (kind, size) {
    case ("f", _): nil
    case ("i", 1): words(bytes) { (value: Int8) in Int(value) }
    case ("i", 2): words(bytes) { (value: Int16) in Int(value) }
    case ("i", 4): words(bytes) { (value: Int32) in Int(value) }
    case ("i", _): words(bytes) { (value: Int64) in Int(value) }
    case ("b", _): words(bytes) { (value: UInt8) in value == 0 ? 0 : 1 }
    case (_, 1): words(bytes) { (value: UInt8) in Int(value) }
    case (_, 2): words(bytes) { (value: UInt16) in Int(value) }
    case (_, 4): words(bytes) { (value: UInt32) in Int(value) }
    default: words(bytes) { (value: UInt64) in Int(exactly: value) }
    }
  }

  private func words<Word: FixedWidthInteger, Number>(
    _ bytes: ArraySlice<UInt8>, _ number: (Word) -> Number
  ) -> [Number] {
    bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: MemoryLayout<Word>.size).map {
        let word = bytes.loadUnaligned(fromByteOffset: $0, as: Word.self)
        return number(isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word))
      }
    }
  }
}
