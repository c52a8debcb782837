import CKernels

extension Tensor {
  /// The same elements in row-major order under another shape of as many elements; one size may be −1, "what is left".
  public func reshaped(_ sizes: Int...) -> Tensor {
    let known = sizes.filter { $0 != -1 }.reduce(1, *)
    guard sizes.filter({ $0 == -1 }).count <= 1, known > 0 || !sizes.contains(-1) else {
      stop("reshape", "\(sizes) leaves open what the size -1 stands for")
    }
    return reshaped(Shape(sizes.map { $0 == -1 ? elementCount / known : $0 }))
  }

  /// The same elements in row-major order under another shape of as many elements. The memory is shared.
  public func reshaped(_ target: Shape) -> Tensor {
    guard target.elementCount == elementCount else {
      stop("reshape", shape, target, "they have \(elementCount) and \(target.elementCount) elements")
    }
    return record(Tensor(shape: target, buffer: storage), from: self) { [place = node, shape = shape] gradient, pass in
      pass.add(gradient.reshaped(shape), to: place)
    }
  }

  /// The same elements as a tensor of its own on the tape, so that it can be watched apart from this one.
  package func identity() -> Tensor { reshaped(shape) }

  /// A matrix with rows and columns exchanged.
  public func transposed() -> Tensor {
    guard shape.count == 2 else { stop("transpose", "a matrix is needed, not the shape \(shape); name the dimensions") }
    return transposed(1, 0)
  }

  /// The dimensions in another order: dimension i of the result is dimension `order[i]` of this tensor.
  public func transposed(_ order: Int...) -> Tensor { transposed(order: order) }

  func transposed(order: [Int]) -> Tensor {
    guard order.sorted() == Array(0..<shape.count) else {
      stop("transpose", "\(order) does not name each dimension of the shape \(shape) once")
    }
    let target = Shape(order.map { shape[$0] })
    let output = Buffer(count: elementCount)
    if elementCount > 0 {
      let own = shape.strides
      let strides = order.map { own[$0] }
      if strides.isEmpty {
        output.pointer[0] = buffer.pointer[0]
      } else {
        copy_strided(buffer.pointer, strides, output.pointer, target.map(Int64.init), Int32(strides.count))
      }
    }
    var inverse = order
    for (axis, source) in order.enumerated() { inverse[source] = axis }
    let turned = Tensor(shape: target, buffer: output).castWithoutTape(to: precision)
    return record(turned, from: self) { [place = node, inverse] gradient, pass in
      pass.add(gradient.transposed(order: inverse), to: place)
    }
  }
}
