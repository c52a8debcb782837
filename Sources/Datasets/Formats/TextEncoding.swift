/// Throws a `DataFileError` with the line if a text is not UTF-8, and names the encoding that it probably has, or if it holds a NUL
/// character, at which numbers would end.
func checkText(_ bytes: [UInt8], path: String) throws(DataFileError) {
  func problem(at offset: Int, _ words: String) -> DataFileError {
    .line(path: path, line: lineNumber(at: offset, in: bytes), column: nil, problem: words)
  }
  func isProbably(_ encoding: String, _ name: String) -> String {
    "the file is probably \(encoding); convert it: iconv -f \(name) -t UTF-8"
  }
  if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
    throw problem(at: 0, "the text is not UTF-8; \(isProbably("UTF-32", "UTF-32"))")
  }
  if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
    throw problem(at: 0, "the text is not UTF-8; \(isProbably("UTF-16", "UTF-16"))")
  }
  if let zero = bytes.firstIndex(of: 0) {
    // Latin letters in UTF-16 have a zero as every other byte: the second in little-endian order.
    let odd = stride(from: 1, to: bytes.count, by: 2).count { bytes[$0] == 0 }
    let even = stride(from: 0, to: bytes.count, by: 2).count { bytes[$0] == 0 }
    if max(odd, even) * 4 > bytes.count {
      throw problem(at: zero, "the text is not UTF-8; \(isProbably("UTF-16", odd > even ? "UTF-16LE" : "UTF-16BE"))")
    }
    throw problem(at: zero, "the text holds a NUL character; remove it")
  }
  guard let offset = firstByteThatIsNotUTF8(bytes) else { return }
  let others = bytes.filter { $0 >= 0x80 }
  let words =
    if others.contains(where: { [0x81, 0x8D, 0x8F, 0x90, 0x9D].contains($0) }) {
      "convert the file to UTF-8, for example with iconv"
    } else if others.contains(where: { $0 < 0xA0 }) {
      isProbably("Windows-1252", "WINDOWS-1252")
    } else {
      isProbably("Latin-1", "LATIN1")
    }
  throw problem(at: offset, "the byte 0x\(String(bytes[offset], radix: 16, uppercase: true)) is not UTF-8; \(words)")
}

/// Counted from 1; a line ends with LF, CR LF or CR.
private func lineNumber(at offset: Int, in bytes: [UInt8]) -> Int {
  1
    + bytes[..<offset].indices.count { index in
      bytes[index] == lineFeed
        || bytes[index] == carriageReturn && (index + 1 == bytes.count || bytes[index + 1] != lineFeed)
    }
}

private func firstByteThatIsNotUTF8(_ bytes: [UInt8]) -> Int? {
  var offset = 0
  while offset < bytes.count {
    if bytes[offset] < 0x80 {
      offset += 1
      continue
    }
    var codec = UTF8(), rest = bytes[offset...].makeIterator()
    guard case .scalarValue(let scalar) = codec.decode(&rest) else { return offset }
    offset += UTF8.width(scalar)
  }
  return nil
}
