/// An array in a file of `numpy.save`.
///
/// Supported are float16, float32, float64, all integers of 8 to 64 bits and bool, of either byte order, in row-major (C) or column-major
/// (Fortran) order, with any number of dimensions.
struct NPYFile {
  let path: String
  /// The sizes of the dimensions; none for a single number.
  let shape: [Int]
  private let type: NPYType
  /// The elements as they are in the file.
  private let elements: ArraySlice<UInt8>
  private let isFortranOrder: Bool

  init(path: String) throws(DataFileError) {
    self.path = path
    let bytes = try contents(ofFile: path)
    let header: NPYHeader
    do throws(NPYHeader.Problem) {
      header = try NPYHeader(bytes)
    } catch {
      throw .npy(path: path, problem: error.words)
    }
    guard let type = NPYType(header.type) else {
      throw .npy(
        path: path,
        problem:
          "its elements have the type \(header.type); use astype to convert to a float of at most 64 bits, an integer or bool"
      )
    }
    elements = bytes[header.end...]
    let needed = header.elementCount?.multipliedReportingOverflow(by: type.size)
    guard let needed, !needed.overflow, elements.count == needed.partialValue else {
      let number = needed.map { $0.overflow ? "more" : "\($0.partialValue)" } ?? "more"
      throw .npy(
        path: path,
        problem:
          "it has \(elements.count) bytes of elements; \(header.shape) of \(header.type) needs \(number); save it again"
      )
    }
    self.type = type
    (shape, isFortranOrder) = (header.shape, header.isFortranOrder)
  }

  /// The number of samples: the first dimension. A single number is one sample.
  var count: Int { shape.first ?? 1 }

  /// Throws if there is no sample, or a sample has no element.
  func checkSamples() throws(DataFileError) {
    guard count > 0 else { throw .empty(path: path) }
    guard !elements.isEmpty else {
      throw .npy(path: path, problem: "its shape is \(shape), with no element per sample")
    }
  }

  /// The elements in row-major order, rounded to Float32: integers are exact up to 2²⁴. Throws if one is NaN or infinite, also after
  /// rounding.
  func numbers() throws(DataFileError) -> [Float] {
    let numbers = inRowMajorOrder(type.numbers(elements))
    guard let element = numbers.firstIndex(where: { !$0.isFinite }) else { return numbers }
    let index = indices(ofElement: element)
    let words =
      switch shape.count {
      case 0: ""
      case 2: " at \(index) (row \(index[0]), column \(index[1]), counted from 0)"
      default: " at \(index) (sample \(index[0]), counted from 0)"
      }
    let stored = type.isFloat64 ? inRowMajorOrder(type.doubles(elements))[element] : Double(numbers[element])
    throw .npy(
      path: path,
      problem: "\(stored)\(words); a finite number\(stored.isFinite ? " within Float32's range" : "") is needed")
  }

  /// The elements as classes: whole numbers from 0, one per sample.
  func labels() throws(DataFileError) -> [Int] {
    guard shape.dropFirst().allSatisfy({ $0 == 1 }) else {
      throw .npy(path: path, problem: "the labels have the shape \(shape); there must be one per sample")
    }
    guard let labels = type.wholeNumbers(elements) else {
      throw .npy(path: path, problem: "the labels have the type \(type.name); use astype to convert to whole numbers")
    }
    if let row = labels.firstIndex(where: { $0.map { $0 < 0 } ?? true }) {
      let problem = labels[row].map { "label \($0) at index \(row); labels count from 0" }
      throw .npy(path: path, problem: problem ?? "the label at index \(row) is above \(Int.max)")
    }
    return labels.compactMap { $0 }
  }

  /// The index per dimension of an element in row-major order.
  private func indices(ofElement element: Int) -> [Int] {
    var rest = element
    return shape.reversed().map { size in
      defer { rest /= size }
      return rest % size
    }.reversed()
  }

  /// Elements in the file's order, put into row-major order.
  private func inRowMajorOrder<Number>(_ elements: [Number]) -> [Number] {
    guard isFortranOrder, shape.count > 1, !elements.isEmpty else { return elements }
    // How far apart neighbours are along each dimension.
    var strides: [Int] = [], stride = 1
    for size in shape {
      strides.append(stride)
      stride *= size
    }
    var index = [Int](repeating: 0, count: shape.count), offset = 0
    return elements.indices.map { _ in
      defer {
        var axis = shape.count - 1
        while axis >= 0 {
          index[axis] += 1
          offset += strides[axis]
          if index[axis] < shape[axis] { break }
          offset -= shape[axis] * strides[axis]
          index[axis] = 0
          axis -= 1
        }
      }
      return elements[offset]
    }
  }
}
