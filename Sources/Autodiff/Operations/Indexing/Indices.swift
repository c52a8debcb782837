/// Whole numbers in a shape, which name positions along a dimension of a tensor: tokens, classes, the order of a sort.
///
/// `argmax(axis:)`, `argsort`, `max(axis:)` and `topK` make them; `take(rows:)`, `take(axis:_:)`, `gather`, `scatterAdd` and
/// `Tensor(oneHot:classes:)` read them. They are exact, unlike a Float32 above 2²⁴, and have no gradient. Where labels are taken as
/// [Int], as in `crossEntropy`, their `values` fit.
public struct Indices: Hashable, Sendable {
  /// The sizes of the dimensions.
  public let shape: Shape
  /// The numbers in row-major order.
  public let values: [Int]

  /// Numbers in row-major order. Stops the program if there are more or fewer than the shape has elements.
  public init(_ values: [Int], shape: Shape) {
    guard values.count == shape.elementCount else {
      Autodiff.stop(
        "Indices", "\(values.count) values for the shape \(shape), which has \(shape.elementCount) elements")
    }
    (self.values, self.shape) = (values, shape)
  }

  /// The elements of a tensor, of the same shape. Stops the program if one is no whole number.
  public init(_ tensor: Tensor) {
    values = tensor.withValues { values in
      values.enumerated().map { position, value in
        guard let whole = Int(exactly: value) else {
          Autodiff.stop("Indices", "the element \(value) at position \(position) is no whole number")
        }
        return whole
      }
    }
    shape = tensor.shape
  }

  /// The same numbers in row-major order under another shape. Stops the program if the number of elements differs.
  public func reshaped(_ target: Shape) -> Indices {
    guard target.elementCount == values.count else {
      Autodiff.stop("reshape", shape, target, "they have \(values.count) and \(target.elementCount) elements")
    }
    return Indices(values, shape: target)
  }

  /// Stops the program, in the name of `operation`, unless all are positions along a dimension of this size.
  func check(_ operation: String, along axis: Int, of whole: Shape) {
    let size = whole[axis]
    if let position = values.firstIndex(where: { $0 < 0 || $0 >= size }) {
      stop(operation, at: position, along: axis, of: whole)
    }
  }

  /// Stops the program since the number at this position is out of range.
  func stop(_ operation: String, at position: Int, along axis: Int, of whole: Shape) -> Never {
    Autodiff.stop(
      operation,
      "the index \(values[position]) at position \(position) is out of range; dimension \(axis) of the shape \(whole) has indices from 0 to "
        + "\(whole[axis] - 1)")
  }
}

extension Indices: ExpressibleByArrayLiteral {
  /// The numbers of a row, of shape [n].
  public init(arrayLiteral values: Int...) { self.init(values, shape: [values.count]) }
}

extension Tensor {
  /// The numbers as Float32, of the same shape. Stops the program at one beyond ±2²⁴, which Float32 may not hold.
  public convenience init(_ indices: Indices) {
    for (position, index) in indices.values.enumerated() where index.magnitude > 1 << 24 {
      stop("Tensor", "the index \(index) at position \(position) is beyond 2²⁴, so it may not be exact in Float32")
    }
    self.init(indices.values.map { Float($0) }, shape: indices.shape)
  }

  /// 1 at the class that each index names, otherwise 0: indices [n, …] make [n, …, classes]. Stops the program if an index is no class
  /// from 0 to classes − 1.
  public convenience init(oneHot indices: Indices, classes: Int) {
    if let position = indices.values.firstIndex(where: { $0 < 0 || $0 >= classes }) {
      stop("oneHot", "the class \(indices.values[position]) at position \(position), classes are 0 to \(classes - 1)")
    }
    self.init(repeating: 0, shape: Shape(Array(indices.shape) + [classes]))
    for (position, index) in indices.values.enumerated() { elements[position * classes + index] = 1 }
  }
}
