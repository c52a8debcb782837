import Autodiff
import Foundation
import Support

/// A safetensors file that is open for reading; tensors are read from disk when they are needed.
struct SafetensorsReader {
  let path: String
  let header: SafetensorsHeader
  private let file: InputFile
  private let start: Int

  init(path: String) throws(WeightsError) {
    self.path = path
    let file = try reading(path) { () throws(InputFileError) in try InputFile(path: path) }
    let stated = try reading(path) { () throws(InputFileError) in try file.bytes(min(8, file.size), at: 0) }
    guard stated.count == 8 else {
      throw .malformed(path: path, problem: "\(stated.count) bytes are too few; the header's size alone has 8")
    }
    let size = stated.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    guard size <= SafetensorsHeader.largestSize else {
      throw .malformed(
        path: path, problem: "its header has \(size) bytes; at most \(SafetensorsHeader.largestSize) are allowed")
    }
    guard size <= file.size - 8 else {
      throw .malformed(
        path: path, problem: "it is cut short: the header has \(size) bytes, of which \(file.size - 8) are present")
    }
    let json = try reading(path) { () throws(InputFileError) in try file.bytes(Int(size), at: 8) }
    start = 8 + Int(size)
    self.file = file
    do throws(SafetensorsHeader.Problem) {
      header = try SafetensorsHeader(json: Data(json), dataSize: file.size - start)
    } catch {
      throw .malformed(path: path, problem: error.words)
    }
  }

  /// The tensors with these names and shapes. Throws unless the file has exactly these, besides those with names that are ignored.
  func tensors(
    named shapes: [(name: String, shape: Shape)], ignoring isIgnored: (String) -> Bool = { _ in false }
  ) throws(WeightsError) -> [Tensor] {
    var misfits: [WeightsError.Misfit] = []
    let wanted = Set(shapes.map(\.name))
    let spare = header.entries.keys.filter { !wanted.contains($0) && !isIgnored($0) }.sorted()
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
    var tensors: [Tensor] = []
    for (name, shape) in shapes { tensors.append(try tensor(name, header.entries[name]!, shape)) }
    return tensors
  }

  private static let convertedTypes: Set = ["F32", "F16", "BF16", "F64"]

  private func tensor(
    _ name: String, _ entry: SafetensorsHeader.Entry, _ shape: Shape
  ) throws(WeightsError) -> Tensor {
    var failure: WeightsError?
    let tensor = Tensor(shape: shape) { target in
      do throws(WeightsError) {
        if let element = try fill(target, from: entry) {
          failure = .notRepresentable(
            path: path, name: name, index: shape.index(of: element.offset), value: element.value)
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return tensor
  }

  /// Reads and converts the numbers of a tensor. Returns the first finite one that Float32 can't hold.
  private func fill(
    _ target: UnsafeMutableBufferPointer<Float>, from entry: SafetensorsHeader.Entry
  ) throws(WeightsError) -> (offset: Int, value: Double)? {
    guard entry.dtype != "F32" else {
      try reading(path) { () throws(InputFileError) in
        try file.read(into: UnsafeMutableRawBufferPointer(target), at: start + entry.begin)
      }
      return nil
    }
    let bytes = try reading(path) { () throws(InputFileError) in
      try file.bytes(entry.end - entry.begin, at: start + entry.begin)
    }
    return bytes.withUnsafeBytes { bytes in
      func stored<Stored>(_ index: Int, _: Stored.Type) -> Stored {
        bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
      }
      switch entry.dtype {
      case "F16": for i in target.indices { target[i] = Float(Float16(bitPattern: stored(i, UInt16.self))) }
      case "BF16": for i in target.indices { target[i] = Float(bitPattern: UInt32(stored(i, UInt16.self)) << 16) }
      default: for i in target.indices { target[i] = Float(stored(i, Double.self)) }
      }
      guard entry.dtype == "F64" else { return nil }
      let first = target.indices.first { target[$0].isInfinite && stored($0, Double.self).isFinite }
      return first.map { ($0, stored($0, Double.self)) }
    }
  }
}

extension Shape {
  /// The index per dimension of an element in row-major order.
  fileprivate func index(of element: Int) -> [Int] {
    zip(strides, self).map { stride, size in element / Int(stride) % size }
  }
}

/// A file's error as that of weights.
private func reading<Result>(
  _ path: String, _ body: () throws(InputFileError) -> Result
) throws(WeightsError) -> Result {
  do throws(InputFileError) {
    return try body()
  } catch {
    throw .unreadable(path: path, reason: error.reason)
  }
}
