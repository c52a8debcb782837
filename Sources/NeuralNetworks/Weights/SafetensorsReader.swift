import Autodiff
import Foundation
import Support

/// A safetensors file that is open for reading; tensors are read from disk when they are needed.
struct SafetensorsReader {
  let path: String
  let header: SafetensorsHeader
  private let data: Data
  private let start: Int

  init(path: String) throws(WeightsError) {
    self.path = path
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    } catch {
      throw .unreadable(path: path, reason: error.reasonInWords)
    }
    guard data.count >= 8 else {
      throw .malformed(path: path, problem: "\(data.count) bytes are too few; the header's size alone has 8")
    }
    let size = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard size <= SafetensorsHeader.largestSize else {
      throw .malformed(
        path: path, problem: "its header has \(size) bytes; at most \(SafetensorsHeader.largestSize) are allowed")
    }
    guard size <= data.count - 8 else {
      throw .malformed(
        path: path, problem: "it is cut short: the header has \(size) bytes, of which \(data.count - 8) are present")
    }
    start = 8 + Int(size)
    do {
      header = try SafetensorsHeader(json: data[8..<start], dataSize: data.count - start)
    } catch {
      throw .malformed(path: path, problem: error.words)
    }
  }

  /// The tensors with these names and shapes. Throws unless the file has exactly these.
  func tensors(named shapes: [(name: String, shape: Shape)]) throws(WeightsError) -> [Tensor] {
    var misfits: [WeightsError.Misfit] = []
    let wanted = Set(shapes.map(\.name))
    let spare = header.entries.keys.filter { !wanted.contains($0) }.sorted()
    let absent = shapes.map(\.name).filter { header.entries[$0] == nil }
    // Comparing thousands of names is slow, and a description shows only the first misfits.
    func nearest(_ name: String, _ names: [String]) -> [String] {
      misfits.count < WeightsError.shownMisfits ? nearestNames(to: name, among: names, count: 2) : []
    }
    for (name, shape) in shapes {
      guard let entry = header.entries[name] else {
        misfits.append(.missing(name: name, nearest: nearest(name, spare)))
        continue
      }
      if entry.shape != Array(shape) {
        misfits.append(.wrongShape(name: name, file: entry.shape, model: Array(shape)))
      } else if !Self.convertedTypes.contains(entry.dtype) {
        misfits.append(.wrongType(name: name, type: entry.dtype))
      }
    }
    for name in spare {
      misfits.append(.unexpected(name: name, nearest: nearest(name, absent)))
    }
    guard misfits.isEmpty else { throw .misfits(path: path, misfits: misfits) }
    return shapes.map { name, shape in tensor(header.entries[name]!, shape) }
  }

  private static let convertedTypes: Set = ["F32", "F16", "BF16", "F64"]

  private func tensor(_ entry: SafetensorsHeader.Entry, _ shape: Shape) -> Tensor {
    data[(start + entry.begin)..<(start + entry.end)].withUnsafeBytes { bytes in
      Tensor(shape: shape) { target in
        func convert<Stored>(_ number: (Stored) -> Float) {
          for i in target.indices {
            target[i] = number(bytes.loadUnaligned(fromByteOffset: i * MemoryLayout<Stored>.size, as: Stored.self))
          }
        }
        switch entry.dtype {
        case "F16": convert { (bits: UInt16) in Float(Float16(bitPattern: bits)) }
        case "BF16": convert { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
        case "F64": convert { (value: Double) in Float(value) }
        default: UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
        }
      }
    }
  }
}

extension Error {
  /// The system's message, without the path that our own error names.
  var reasonInWords: String { systemMessage ?? localizedDescription }
}
