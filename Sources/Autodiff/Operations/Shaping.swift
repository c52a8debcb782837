extension Tensor {
  /// The same elements in row-major order under another shape of as many elements; one size may be −1, which stands
  /// for the size that the others leave. Stops the program if the number of elements differs.
  public func reshaped(_ sizes: Int...) -> Tensor {
    let known = Shape(sizes.filter { $0 != -1 }).elementCount
    guard sizes.filter({ $0 == -1 }).count <= 1, known > 0 || !sizes.contains(-1) else {
      stop("reshape", "\(sizes) leaves open what the size -1 stands for")
    }
    return reshaped(Shape(sizes.map { $0 == -1 ? elementCount / known : $0 }))
  }

  /// The same elements in row-major order under another shape of as many elements. The memory is shared.
  /// Stops the program if the number of elements differs.
  public func reshaped(_ target: Shape) -> Tensor {
    guard target.elementCount == elementCount else {
      stop("reshape", shape, target, "they have \(elementCount) and \(target.elementCount) elements")
    }
    return record(Tensor(shape: target, buffer: storage), from: self) { [node, shape] gradient, pass in
      pass.add(gradient.reshaped(shape), to: node)
    }
  }

  /// The same elements as another tensor on the tape, whose gradient can be observed separately.
  package func identity() -> Tensor { reshaped(shape) }

  /// The transpose of a matrix: [n, m] to [m, n]. Stops the program if the tensor has other than two dimensions.
  public func transposed() -> Tensor {
    guard shape.count == 2 else { stop("transpose", "a matrix is needed, not the shape \(shape); name the dimensions") }
    return transposed(1, 0)
  }

  /// The dimensions in another order: dimension i of the result is dimension `order[i]` of this tensor. Stops the program
  /// unless `order` names each dimension once.
  public func transposed(_ order: Int...) -> Tensor { transposed(order: order) }

  package func transposed(order: [Int]) -> Tensor {
    guard order.sorted() == Array(0..<shape.count) else {
      stop("transpose", "\(order) does not name each dimension of the shape \(shape) once")
    }
    let target = Shape(order.map { shape[$0] })
    let own = shape.strides
    let output = strided(by: order.map { own[$0] }, to: target).castWithoutTape(to: precision)
    var inverse = order
    for (axis, source) in order.enumerated() { inverse[source] = axis }
    return record(output, from: self) { [node, inverse] gradient, pass in
      pass.add(gradient.transposed(order: inverse), to: node)
    }
  }
}
