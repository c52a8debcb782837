extension Tensor {
  /// The sums of the elements up to each one along a dimension, of the same shape: y[i, j] = x[i, 0] + … + x[i, j] along dimension 1.
  /// Accumulated in Float64. Negative dimensions count from the last. Stops the program if there is no such dimension.
  public func cumulativeSum(axis: Int) -> Tensor {
    cumulativeSum(AxisLayout(axis, of: shape, "cumulativeSum"), reversed: false)
  }

  private func cumulativeSum(_ layout: AxisLayout, reversed: Bool) -> Tensor {
    record(cumulativeSums(layout, reversed: reversed), from: self) { [node] gradient, pass in
      pass.add(gradient.cumulativeSum(layout, reversed: !reversed), to: node)
    }
  }

  /// The product of all elements, a scalar; 1 if there are none.
  public func product() -> Tensor { reshaped([elementCount]).product(axes: [0]) }

  /// The product over the given dimensions, which disappear, or stay with size 1: [3, 4, 5] over 1 is [3, 5] or [3, 1, 5]. Negative
  /// dimensions count from the last. A product of nothing is 1.
  ///
  /// The derivative with respect to an element is the product of the others, also where one is 0. Elements of the two halves of a dimension are
  /// multiplied first, and what these give must be in Float32's range, as the product must. Stops the program if there is no such
  /// dimension.
  public func product(axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    let axes = normalized(axes, "product")
    let product = axes.sorted().reduce(cast(to: .float32)) { $0.product(along: $1) }
    return keepingDimensions ? product : product.reshaped(shape(without: axes))
  }

  /// The product along a dimension, which stays with size 1: halves are multiplied until one element is left, so that no quotient is
  /// needed for gradients.
  private func product(along axis: Int) -> Tensor {
    guard shape[axis] > 0 else { return sum(axes: [axis], keepingDimensions: true) + 1 }
    var product = self
    while product.shape[axis] > 1 {
      let size = product.shape[axis], half = size / 2
      let pairs = product.sliced(axis, 0..<half) * product.sliced(axis, half..<2 * half)
      product = size % 2 == 0 ? pairs : concatenated([pairs, product.sliced(axis, size - 1..<size)], axis: axis)
    }
    return product
  }
}
