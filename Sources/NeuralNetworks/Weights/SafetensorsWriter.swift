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
  let sorted = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  try checkNames(sorted.map(\.name), path: path)
  let header = safetensorsHeader(sorted, metadata: metadata)
  guard header.count <= SafetensorsHeader.largestSize else {
    throw .unwritable(
      path: path,
      reason:
        "the header would have \(header.count) bytes, at most \(SafetensorsHeader.largestSize) can be read again; "
        + "save less metadata")
  }
  do throws(POSIXError) {
    let file = try AtomicFile(path: path, makesFolder: false)
    try file.write(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header)
    for (_, tensor) in sorted {
      try tensor.withValues { values in
        Result { () throws(POSIXError) in try file.write(UnsafeRawBufferPointer(values)) }
      }.get()
    }
    try file.publish(synchronized: true)
  } catch {
    throw .unwritable(path: path, reason: pathProblem(error.code, path))
  }
}

/// Two names that differ only in their Unicode normal form count as one: readers can't tell them apart.
private func checkNames(_ names: [String], path: String) throws(WeightsError) {
  var known: Set = [SafetensorsHeader.metadataName]
  for name in names where !known.insert(name).inserted {
    let problem =
      name == SafetensorsHeader.metadataName ? "can't be the name of a tensor" : "is the name of two tensors"
    throw .unwritable(path: path, reason: "“\(name)” \(problem); rename a module or parameter")
  }
}

/// The header. Written by hand for the order of its keys, which JSONEncoder doesn't promise.
private func safetensorsHeader(
  _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String]
) -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = .withoutEscapingSlashes
  func json(_ text: String) -> String {
    guard let data = try? encoder.encode(text) else { stop("saveWeights", "“\(text)” can't be written as JSON") }
    return String(decoding: data, as: UTF8.self)
  }
  let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    .map { "\(json($0.key)):\(json($0.value))" }
  var parts = texts.isEmpty ? [] : ["\(json(SafetensorsHeader.metadataName)):{\(texts.joined(separator: ","))}"]
  var end = 0
  for (name, tensor) in tensors {
    let begin = end
    end += tensor.elementCount * MemoryLayout<Float>.size
    let shape = tensor.shape.map(String.init).joined(separator: ",")
    parts.append("\(json(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(end)]}")
  }
  var header = Data("{\(parts.joined(separator: ","))}".utf8)
  header.append(Data(repeating: UInt8(ascii: " "), count: -header.count & 7))
  return header
}
