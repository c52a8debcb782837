import Foundation
import Support

/// What a safetensors file says about its tensors before their numbers.
///
/// The file is the header's size as 8 bytes, little-endian, then the header as JSON, {name: {dtype, shape, data_offsets}}
/// and optionally `__metadata__`, texts by name; then the numbers, row-major and little-endian. Offsets count from the
/// header's end, and the tensors fill what follows without gaps or overlaps. The header has at most 100 MB.
///
/// Source: huggingface.co/docs/safetensors, format of version 0.3 and later.
struct SafetensorsHeader {
  struct Entry {
    let dtype: String
    let shape: [Int]
    let data_offsets: [Int]

    init(_ value: JSONValue) throws(JSONError) {
      func whole(_ name: String) throws(JSONError) -> [Int] {
        var numbers: [Int] = []
        for element in try value[name].elements { numbers.append(try element.int) }
        return numbers
      }
      dtype = try value["dtype"].string
      shape = try whole("shape")
      data_offsets = try whole("data_offsets")
    }
  }

  static let largestSize = 100_000_000
  static let metadataName = "__metadata__"

  private(set) var metadata: [String: String] = [:]
  private(set) var entries: [String: Entry] = [:]

  /// Reads and checks the header of a file with `dataSize` bytes after it.
  init(json: Data, dataSize: Int) throws(Problem) {
    do {
      for member in try StrictJSON(json).root.members {
        if member.name == Self.metadataName {
          for text in try member.value.members { metadata[text.name] = try text.value.string }
        } else {
          entries[member.name] = try Entry(member.value)
        }
      }
    } catch {
      throw Problem("the header, \(error)")
    }
    try check(dataSize)
  }

  private func check(_ dataSize: Int) throws(Problem) {
    var end = 0, last = "the header"
    for (name, entry) in entries.sorted(by: {
      ($0.value.begin, $0.value.end, $0.key) < ($1.value.begin, $1.value.end, $1.key)
    }) {
      guard let elementSize = Self.elementSizes[entry.dtype] else {
        throw Problem("“\(name)” has the unknown type \(entry.dtype)")
      }
      guard entry.data_offsets.count == 2, entry.begin >= 0, entry.begin <= entry.end else {
        throw Problem("“\(name)” has the offsets \(entry.data_offsets), two in order are needed")
      }
      guard let size = Self.byteCount(entry.shape, elementSize), size == entry.end - entry.begin else {
        throw Problem(
          "“\(name)” has \(entry.end - entry.begin) bytes, which is not what \(entry.shape) of \(entry.dtype) takes")
      }
      guard entry.begin == end else {
        throw Problem("between \(last) and “\(name)” there is \(entry.begin < end ? "an overlap" : "a gap")")
      }
      guard entry.end <= dataSize else {
        throw Problem("cut short: “\(name)” ends at byte \(entry.end) of the data, of which there are \(dataSize)")
      }
      (end, last) = (entry.end, "“\(name)”")
    }
    guard end == dataSize else { throw Problem("\(dataSize - end) bytes follow after the last tensor") }
  }

  private static let elementSizes: [String: Int] = [
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "F8_E4M3FNUZ": 1, "F8_E5M2FNUZ": 1, "U16": 2,
    "I16": 2, "F16": 2, "BF16": 2, "U32": 4,
    "I32": 4,
    "F32": 4, "U64": 8, "I64": 8, "F64": 8, "C64": 8,
  ]

  /// nil for a shape that no memory could hold.
  private static func byteCount(_ shape: [Int], _ elementSize: Int) -> Int? {
    var product = elementSize
    for size in shape {
      let (next, overflows) = product.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflows else { return nil }
      product = next
    }
    return product
  }

  /// What is wrong with a file, in words.
  struct Problem: Error {
    let words: String

    init(_ words: String) { self.words = words }
  }
}

extension SafetensorsHeader.Entry {
  var begin: Int { data_offsets.first ?? -1 }
  var end: Int { data_offsets.last ?? -1 }
}
