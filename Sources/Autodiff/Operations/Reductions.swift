extension Tensor {
  /// The sum of all elements, a scalar; accumulated in Float64.
  public func sum() -> Tensor {
    record(Tensor(Float(sumOfElements())), from: self) { [node, shape] gradient, pass in
      pass.add(gradient.broadcast(to: shape), to: node)
    }
  }

  /// The sum over the given dimensions, which disappear, or stay with size 1: [3, 4, 5] over 1 is [3, 5] or [3, 1, 5].
  /// Accumulated in Float64, runs of 256 in Float32. Negative dimensions count from the last. Stops the program if there is no
  /// such dimension.
  public func sum(axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    let axes = normalized(axes, "sum")
    let kept = Shape(shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element })
    let total = summed(to: kept)
    return keepingDimensions ? total : total.reshaped(shape(without: axes))
  }

  /// The mean of all elements, a scalar; NaN if there are none.
  public func mean() -> Tensor { sum() * (1 / Float(elementCount)) }

  /// The mean over the given dimensions, which disappear, or stay with size 1: [3, 4, 5] over 1 is [3, 5] or [3, 1, 5]. Stops
  /// the program if there is no such dimension.
  public func mean(axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    let count = normalized(axes, "mean").reduce(1) { $0 * shape[$1] }
    return sum(axes: axes, keepingDimensions: keepingDimensions) * (1 / Float(count))
  }

  /// The root of the mean square of all elements; accumulated in Float64, so squares can't underflow.
  public var rms: Float {
    Float((gradientSums().squareSum / Double(elementCount)).squareRoot())
  }

  /// The index of the largest element of each row of a matrix [n, columns], n numbers; the first of equals, a NaN before all.
  /// Stops the program if the tensor is no matrix or has no columns.
  public func argmax() -> [Int] {
    guard shape.count == 2, shape[1] > 0 else {
      stop("argmax", "a matrix with columns is needed, not the shape \(shape)")
    }
    return indicesOfLargestInRows()
  }

  /// The dimensions counted from the front; negative ones count from the back.
  func normalized(_ axes: [Int], _ operation: String) -> Set<Int> {
    Set(
      axes.map { axis in
        let fromFront = axis < 0 ? axis + shape.count : axis
        guard shape.indices.contains(fromFront) else { stop(operation, "no dimension \(axis) in the shape \(shape)") }
        return fromFront
      })
  }

  /// The sizes of the dimensions but the given ones.
  func shape(without axes: Set<Int>) -> Shape {
    Shape(shape.enumerated().filter { !axes.contains($0.offset) }.map(\.element))
  }

  /// This tensor summed over the dimensions in which `target`, which broadcasts to its shape, has size 1 or is missing.
  func summed(to target: Shape) -> Tensor {
    guard target != shape else { return self }
    return record(sums(to: target), from: self) { [node, shape] gradient, pass in
      pass.add(gradient.broadcast(to: shape), to: node)
    }
  }

  /// This tensor repeated along the dimensions in which it has size 1 or is missing, to the shape `target`: [4, 1] to [3, 4, 5].
  /// Stops the program if another size differs.
  public func broadcast(to target: Shape) -> Tensor {
    guard target != shape else { return self }
    guard shape.broadcast(with: target) == target else {
      stop("broadcast", shape, target, "each size of the first is the second's or 1")
    }
    return record(repeated(to: target), from: self) { [node, shape] gradient, pass in
      pass.add(gradient.summed(to: shape), to: node)
    }
  }
}
