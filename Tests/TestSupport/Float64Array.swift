/// A slow, obvious array in Float64 that the operations are held against: every element by its index, nothing shared with
/// the code under test.
public struct Float64Array: Sendable {
  /// The sizes of the dimensions.
  public var shape: [Int]
  /// The elements, the last dimension's next to each other.
  public var values: [Double]

  /// An array of these elements.
  public init(_ shape: [Int], _ values: [Double]) {
    self.shape = shape
    self.values = values
  }

  /// An array whose elements follow from their indices.
  public init(_ shape: [Int], _ element: ([Int]) -> Double) {
    self.shape = shape
    values = Float64Array.indices(shape).map(element)
  }

  /// All indices in order.
  public static func indices(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { prefixes, size in prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } } }
  }

  /// The element at an index; dimensions of size 1, or missing at the front, are repeated.
  public subscript(index: [Int]) -> Double {
    var place = 0
    for (size, i) in zip(shape, index.suffix(shape.count)) { place = place * size + (size == 1 ? 0 : i) }
    return values[place]
  }

  /// Each element by itself.
  public func map(_ f: (Double) -> Double) -> Float64Array { Float64Array(shape, values.map(f)) }

  /// Two arrays element by element; dimensions of size 1, or missing at the front, are repeated.
  public static func broadcast(_ a: Float64Array, _ b: Float64Array, _ f: (Double, Double) -> Double) -> Float64Array {
    let rank = max(a.shape.count, b.shape.count)
    let padded = [a, b].map { Array(repeating: 1, count: rank - $0.shape.count) + $0.shape }
    return Float64Array(zip(padded[0], padded[1]).map { $0 == 1 ? $1 : $0 }) { f(a[$0], b[$0]) }
  }

  /// The sum along some dimensions.
  public func sum(_ axes: [Int], keeping: Bool = false) -> Float64Array {
    let kept = shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    var total = Float64Array(kept) { _ in 0 }
    for index in Float64Array.indices(shape) {
      var place = 0
      for (size, i) in zip(kept, index) { place = place * size + (size == 1 ? 0 : i) }
      total.values[place] += self[index]
    }
    if !keeping { total.shape = shape.enumerated().filter { !axes.contains($0.offset) }.map(\.element) }
    return total
  }

  /// The dimensions in another order.
  public func transposed(_ order: [Int]) -> Float64Array {
    Float64Array(order.map { shape[$0] }) { index in
      var source = index
      for (axis, from) in order.enumerated() { source[from] = index[axis] }
      return self[source]
    }
  }

  /// The product of two matrices.
  public static func product(_ a: Float64Array, _ b: Float64Array) -> Float64Array {
    Float64Array([a.shape[0], b.shape[1]]) { ij in
      (0..<a.shape[1]).reduce(0) { $0 + a[[ij[0], $1]] * b[[$1, ij[1]]] }
    }
  }
}
