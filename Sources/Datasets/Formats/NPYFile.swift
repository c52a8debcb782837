import Foundation

/// An array in a file of `numpy.save`: a magic string and version, a header with type and shape, then the elements.
///
/// Supported are little-endian float32, float64, uint8, int32 and int64 in row-major (C) order.
///
/// Source: numpy.lib.format, format versions 1 to 3.
struct NPYFile {
  let path: String
  /// The sizes of the dimensions; the first is the number of samples.
  let shape: [Int]
  private let type: String
  private let elements: [UInt8]

  private static let elementSizes = ["<f4": 4, "<f8": 8, "|u1": 1, "<i4": 4, "<i8": 8]

  /// `expecting` names the expected shape in the error for a single number.
  init(
    path: String, expecting shapeText: String = "inputs have the shape [samples, features, …]"
  ) throws(DataFileError) {
    self.path = path
    let bytes = [UInt8](try contents(ofFile: path))
    func problem(_ problem: String) -> DataFileError { .npy(path: path, problem: problem) }
    guard bytes.starts(with: Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) })) else {
      throw problem("it is not an npy file; save it with numpy.save")
    }
    // The header's size has 2 bytes in version 1 and 4 in the later ones.
    guard bytes.count >= 12, (1...3).contains(bytes[6]) else {
      throw problem("its npy version is not 1 to 3")
    }
    let start = bytes[6] == 1 ? 10 : 12
    let size = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard bytes.count >= start + size else { throw problem("the file is cut short in its header; save it again") }
    let header = String(decoding: bytes[start..<(start + size)], as: UTF8.self)
    guard let type = header.firstMatch(of: /'descr'\s*:\s*'([^']*)'/)?.1,
      let order = header.firstMatch(of: /'fortran_order'\s*:\s*(True|False)/)?.1,
      let sizes = header.firstMatch(of: /'shape'\s*:\s*\(([0-9, ]*)\)/)?.1
    else { throw problem("its header is invalid: \(header.prefix(100))") }
    guard let elementSize = Self.elementSizes[String(type)] else {
      throw problem(
        "its elements have the type \(type); use astype to convert to float32, float64, uint8, int32 or int64")
    }
    shape = sizes.split(separator: ",").map { Int($0.filter(\.isNumber)) ?? .max }
    guard order == "False" || shape.count < 2 else {
      throw problem("it is in Fortran order, column by column; save numpy.ascontiguousarray(array)")
    }
    let count = shape.reduce(elementSize) { product, size in
      let (larger, overflows) = product.multipliedReportingOverflow(by: size)
      return overflows ? .max : larger
    }
    elements = Array(bytes[(start + size)...])
    guard elements.count == count else {
      throw problem("it has \(elements.count) bytes of elements; \(shape) of \(type) needs \(count); save it again")
    }
    guard let samples = shape.first else { throw problem("it is a single number, of shape []; \(shapeText)") }
    guard samples > 0 else { throw .empty(path: path) }
    guard count > 0 else { throw problem("its shape is \(shape), with no element per sample") }
    self.type = String(type)
  }

  /// The number of samples: the first dimension.
  var count: Int { shape[0] }

  /// The elements, rounded to Float32. Throws if one is NaN or infinite, also after rounding.
  func numbers() throws(DataFileError) -> [Float] {
    let numbers: [Float] =
      switch type {
      case "<f4": converted { (value: Float) in value }
      case "<f8": converted { (value: Double) in Float(value) }
      case "<i4": converted { (value: Int32) in Float(value) }
      case "<i8": converted { (value: Int64) in Float(value) }
      default: converted { (value: UInt8) in Float(value) }
      }
    guard let element = numbers.firstIndex(where: { !$0.isFinite }) else { return numbers }
    let index = indices(ofElement: element)
    let words = shape.count == 2 ? "row \(index[0]), column \(index[1])" : "sample \(index[0])"
    let isTooLarge = type == "<f8" && converted { (value: Double) in value }[element].isFinite
    throw .npy(
      path: path,
      problem: "\(numbers[element]) at \(index) (\(words), counted from 0); a finite number"
        + "\(isTooLarge ? " within Float32's range" : "") is needed")
  }

  /// The index per dimension of an element in row-major order.
  private func indices(ofElement element: Int) -> [Int] {
    var rest = element
    return shape.reversed().map { size in
      defer { rest /= size }
      return rest % size
    }.reversed()
  }

  /// The elements as classes: whole numbers from 0, one per sample.
  func labels() throws(DataFileError) -> [Int] {
    guard shape.dropFirst().allSatisfy({ $0 == 1 }) else {
      throw .npy(path: path, problem: "the labels have the shape \(shape); there must be one per sample")
    }
    let labels: [Int]
    switch type {
    case "<i4": labels = converted { (value: Int32) in Int(value) }
    case "<i8": labels = converted { (value: Int64) in Int(value) }
    case "|u1": labels = converted { (value: UInt8) in Int(value) }
    default:
      throw .npy(path: path, problem: "the labels have the type \(type); use astype to convert to whole numbers")
    }
    if let row = labels.firstIndex(where: { $0 < 0 }) {
      throw .npy(path: path, problem: "label \(labels[row]) at index \(row); labels count from 0")
    }
    return labels
  }

  private func converted<Stored, Number>(_ number: (Stored) -> Number) -> [Number] {
    elements.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: MemoryLayout<Stored>.size).map {
        number(bytes.loadUnaligned(fromByteOffset: $0, as: Stored.self))
      }
    }
  }
}
