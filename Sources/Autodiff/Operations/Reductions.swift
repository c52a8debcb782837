import CKernels

extension Tensor {
  /// The sum of all elements, a scalar; accumulated in Float64.
  public func sum() -> Tensor {
    record(Tensor(Float(sum_all(buffer.pointer, elementCount))), from: self) {
      [place = node, shape = shape] gradient, pass in
      pass.add(gradient.broadcast(to: shape), to: place)
    }
  }

  /// The sum over the given dimensions, which disappear, or stay with size 1; accumulated in Float64 but for runs of 256.
  public func sum(axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    let axes = normalized(axes, "sum")
    let kept = Shape(shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element })
    let total = summed(to: kept)
    return keepingDimensions
      ? total : total.reshaped(Shape(shape.enumerated().filter { !axes.contains($0.offset) }.map(\.element)))
  }

  /// The mean of all elements, a scalar.
  public func mean() -> Tensor { sum() * (1 / Float(elementCount)) }

  /// The mean over the given dimensions, which disappear, or stay with size 1.
  public func mean(axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    let count = normalized(axes, "mean").reduce(1) { $0 * shape[$1] }
    return sum(axes: axes, keepingDimensions: keepingDimensions) * (1 / Float(count))
  }

  /// The root of the mean of the squares of all elements; accumulated in Float64, so squares can't underflow.
  public var rms: Float {
    let magnitudes = magnitudes_of(buffer.pointer, elementCount)
    return Float((magnitudes.square_sum / Double(elementCount)).squareRoot())
  }

  /// The index of the largest element of each row of a matrix; the first of equals, a NaN before all.
  public func argmax() -> [Int] {
    guard shape.count == 2, shape[1] > 0 else {
      stop("argmax", "a matrix with columns is needed, not the shape \(shape)")
    }
    var indices = [Int64](repeating: 0, count: shape[0])
    argmax_rows(buffer.pointer, &indices, shape[0], shape[1])
    return indices.map(Int.init)
  }

  /// The dimensions counted from the front; negative ones count from the back.
  private func normalized(_ axes: [Int], _ operation: String) -> Set<Int> {
    Set(
      axes.map { axis in
        let fromFront = axis < 0 ? axis + shape.count : axis
        guard shape.indices.contains(fromFront) else { stop(operation, "no dimension \(axis) in the shape \(shape)") }
        return fromFront
      })
  }

  /// This tensor summed over the dimensions in which `target`, which broadcasts to its shape, is repeated.
  func summed(to target: Shape) -> Tensor {
    guard target != shape else { return self }
    let output = Buffer(count: target.elementCount)
    addUp(into: output, of: target)
    return record(Tensor(shape: target, buffer: output), from: self) { [place = node, shape = shape] gradient, pass in
      pass.add(gradient.broadcast(to: shape), to: place)
    }
  }

  private func addUp(into output: Buffer, of target: Shape) {
    guard elementCount > 0 else { return fill(0, output.pointer, target.elementCount) }
    // A bias of a layer, which needs no walk to be found out.
    if shape.count == 2, target.count == 1, target[0] == shape[1] {
      return sum_columns(buffer.pointer, output.pointer, shape[0], shape[1])
    }
    let strides = target.strides(broadcastTo: shape)
    let walk = StridedIterator(over: shape, strides, strides)
    switch (walk.sizes.count, walk.first) {
    case (1, [0]): output.pointer[0] = Float(sum_all(buffer.pointer, elementCount))
    case (2, [0, 1]): sum_columns(buffer.pointer, output.pointer, Int(walk.sizes[0]), Int(walk.sizes[1]))
    case (2, [1, 0]): sum_rows(buffer.pointer, output.pointer, Int(walk.sizes[0]), Int(walk.sizes[1]))
    default:
      let count = target.elementCount
      guard sum_strided(buffer.pointer, output.pointer, count, walk.first, walk.sizes, Int32(walk.sizes.count)) != 0
      else { stop("sum", "out of memory: no room for \(count) sums in Float64") }
    }
  }

  /// This tensor repeated along the dimensions in which it has size 1, or none, until it has the shape `target`.
  public func broadcast(to target: Shape) -> Tensor {
    guard target != shape else { return self }
    guard shape.broadcast(with: target) == target else {
      stop("broadcast", shape, target, "each size of the first is the second's or 1")
    }
    let output = Buffer(count: target.elementCount)
    if target.elementCount > 0 {
      let strides = shape.strides(broadcastTo: target)
      let walk = StridedIterator(over: target, strides, strides)
      copy_strided(buffer.pointer, walk.first, output.pointer, walk.sizes, Int32(walk.sizes.count))
    }
    return record(Tensor(shape: target, buffer: output), from: self) { [place = node, shape = shape] gradient, pass in
      pass.add(gradient.summed(to: shape), to: place)
    }
  }
}
