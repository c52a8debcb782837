import Autodiff
import Foundation
import Support

/// Writes tensors as a safetensors file of Float32, byte for byte as the Python package writes them: sorted by name, the
/// header padded with blanks to a multiple of 8 bytes.
///
/// The file appears at `path` complete or not at all: it is written under another name and renamed when its bytes are on the disk.
func writeSafetensors(
  _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String], to path: String
) throws(WeightsError) {
  let sorted = tensors.sorted { $0.name < $1.name }
  do {
    let header = try safetensorsHeader(sorted, metadata: metadata)
    let file = try AtomicFile(path: path, makesFolder: false)
    try file.write(header)
    for (_, tensor) in sorted {
      try tensor.withValues { values in
        guard let first = values.baseAddress, !values.isEmpty else { return }
        let bytes = UnsafeMutableRawPointer(mutating: first)
        let count = values.count * MemoryLayout<Float>.size
        try file.write(Data(bytesNoCopy: bytes, count: count, deallocator: .none))
      }
    }
    try file.publish(synchronized: true)
  } catch {
    throw .unwritable(path: path, reason: error.reasonInWords)
  }
}

/// The header with its size before it. Written by hand for the order of its keys, which JSONEncoder doesn't promise.
private func safetensorsHeader(
  _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String]
) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
  func json(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }
  var parts = metadata.isEmpty ? [] : ["\"\(SafetensorsHeader.metadataName)\":\(try json(metadata))"]
  var end = 0
  for (name, tensor) in tensors {
    let begin = end
    end += tensor.elementCount * MemoryLayout<Float>.size
    let shape = tensor.shape.map(String.init).joined(separator: ",")
    parts.append("\(try json(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(end)]}")
  }
  var header = Data("{\(parts.joined(separator: ","))}".utf8)
  header.append(Data(repeating: UInt8(ascii: " "), count: -header.count & 7))
  return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header
}
