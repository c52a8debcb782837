/// The sizes of a tensor's dimensions, outermost first: `[64, 784]` is 64 rows of 784. `[]` is a scalar.
///
/// At most 8 dimensions, each from 0 to 2³¹ − 1, and at most 2⁶⁰ elements. Stored inline, since each operation makes one.
public struct Shape: Hashable, Sendable {
  // Two halves, since a vector of eight would align every tensor and node that holds a shape to 32 bytes, which the system's
  // allocator does slowly.
  private var outer: SIMD4<Int32> = .zero
  private var inner: SIMD4<Int32> = .zero
  private let dimensions: Int32

  /// How many elements a tensor of this shape has: the product of its sizes, 1 for a scalar.
  public private(set) var elementCount: Int

  /// The most elements, so that no number of bytes overflows.
  private static let mostElements = 1 << 60

  /// A shape with the given sizes. Stops the program if there are more than 8, a size is out of range, or the sizes other than 0 multiply
  /// to more than 2⁶⁰ elements.
  public init(_ sizes: some Collection<Int>) {
    guard sizes.count <= 8 else { stop("Shape", "\(sizes.count) dimensions, at most 8 are possible") }
    dimensions = Int32(sizes.count)
    var product = 1, isEmpty = false
    for (axis, size) in sizes.enumerated() {
      guard let stored = Int32(exactly: size), stored >= 0 else {
        stop("Shape", "\(Array(sizes)) has the size \(size) in dimension \(axis), sizes run from 0 to \(Int32.max)")
      }
      if axis < 4 { outer[axis] = stored } else { inner[axis - 4] = stored }
      // Without a size of 0 too, since strides multiply the others.
      if size == 0 { isEmpty = true } else { product = Shape.product(product, size, sizes) }
    }
    elementCount = isEmpty ? 0 : product
  }

  /// A shape with sizes from a file; nil where `init(_:)` would stop the program.
  package init?(exactly sizes: [Int]) {
    guard sizes.count <= 8, sizes.allSatisfy({ 0...Int(Int32.max) ~= $0 }) else { return nil }
    var product = 1
    for size in sizes where size > 0 {
      let (next, overflows) = product.multipliedReportingOverflow(by: size)
      guard !overflows, next <= Shape.mostElements else { return nil }
      product = next
    }
    self.init(sizes)
  }

  /// The product of two numbers. Stops the program if it is more than the elements that a shape with these sizes may have.
  private static func product(_ left: Int, _ right: Int, _ sizes: some Collection<Int>) -> Int {
    let (product, overflows) = left.multipliedReportingOverflow(by: right)
    guard !overflows, product <= mostElements else {
      stop("Shape", "\(Array(sizes)) has more than 2⁶⁰ elements; check its sizes")
    }
    return product
  }

  /// The shape of a matrix.
  @inline(__always)
  package init(rows: Int, columns: Int) {
    guard let height = Int32(exactly: rows), let width = Int32(exactly: columns), height >= 0, width >= 0 else {
      stop("Shape", "[\(rows), \(columns)], sizes run from 0 to \(Int32.max)")
    }
    outer[0] = height
    outer[1] = width
    dimensions = 2
    elementCount = rows * columns
    if elementCount > Shape.mostElements { stop("Shape", "\(self) has more than 2⁶⁰ elements; check its sizes") }
  }
}

extension Shape: RandomAccessCollection {
  /// 0
  public var startIndex: Int { 0 }

  /// The number of dimensions.
  public var endIndex: Int { Int(dimensions) }

  /// The size of a dimension, counted from the outermost. Stops the program if there is no such dimension.
  public subscript(axis: Int) -> Int {
    guard axis >= 0, axis < Int(dimensions) else { stop("Shape", "\(self) has no dimension \(axis)") }
    return Int(axis < 4 ? outer[axis] : inner[axis - 4])
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// The sizes as an array literal.
  public init(arrayLiteral sizes: Int...) { self.init(sizes) }
}

extension Shape: CustomStringConvertible {
  /// The sizes in brackets.
  public var description: String { "[" + map(String.init).joined(separator: ", ") + "]" }
}

extension Shape {
  /// This shape with another first size. Stops the program if there is none, and as `init(_:)` does.
  package func replacingFirst(by size: Int) -> Shape {
    guard count > 0 else { stop("Shape", "\(self) has no first dimension that could be \(size)") }
    return Shape([size] + dropFirst())
  }

  /// The distances between neighbours along each dimension in row-major memory, in elements.
  package var strides: [Int64] {
    var strides = [Int64](repeating: 1, count: count)
    for axis in stride(from: count - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * Int64(self[axis + 1])
    }
    return strides
  }

  /// The shape that both broadcast to as NumPy defines it (sizes are aligned at the last dimension; a size of 1 is
  /// repeated), or nil where two sizes differ and neither is 1.
  package func broadcast(with other: Shape) -> Shape? {
    let rank = Swift.max(count, other.count)
    var sizes = [Int](repeating: 1, count: rank)
    for axis in 1...Swift.max(rank, 1) where axis <= rank {
      let mine = axis <= count ? self[count - axis] : 1
      let theirs = axis <= other.count ? other[other.count - axis] : 1
      guard mine == theirs || mine == 1 || theirs == 1 else { return nil }
      sizes[rank - axis] = mine == 1 ? theirs : mine
    }
    return Shape(sizes)
  }

  /// This shape's strides when it is broadcast to the shape `target`: 0 where it is repeated.
  package func strides(broadcastTo target: Shape) -> [Int64] {
    let own = strides
    var result = [Int64](repeating: 0, count: target.count)
    for axis in 0..<count where self[axis] != 1 { result[axis + target.count - count] = own[axis] }
    return result
  }
}
