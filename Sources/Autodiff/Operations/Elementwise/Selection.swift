extension Tensor {
  /// x where the condition is not 0, otherwise y, element by element, of three shapes that broadcast to one:
  /// `Tensor.where(x .> 0, x, Tensor(0))`. A comparison such as `x .> 0` makes a condition; a NaN in it counts as not 0.
  ///
  /// An element that is not chosen has the gradient 0, and neither its value nor that of the other's gradient matters, NaN and
  /// infinity included. The condition has no gradient. The result has the precision of x and y, Float32 where they differ; a
  /// scalar takes that of the other.
  ///
  /// Stops the program if the shapes don't fit.
  public static func `where`(_ condition: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor {
    guard let values = x.shape.broadcast(with: y.shape) else {
      stop("where", x.shape, y.shape, "aligned at the last dimension, sizes are equal or one of them is 1")
    }
    guard let shape = condition.shape.broadcast(with: values) else {
      stop("where", condition.shape, values, "the condition's sizes are those of the values, or one of them is 1")
    }
    let output = select(condition, x, y, to: shape)
    return record(output, from: x, y) {
      [condition = condition.offTape, first = x.node, second = y.node] gradient, pass in
      if let first { pass.add(masked(gradient, by: condition .!= 0).summed(to: first.shape), to: first) }
      if let second { pass.add(masked(gradient, by: condition .== 0).summed(to: second.shape), to: second) }
    }
  }
}

/// x · factor, but 0 wherever the factor is 0, even if x is infinite or NaN there. The factor broadcasts to the shape of x, and is a
/// constant off the tape. The result has the precision of x.
func masked(_ x: Tensor, by factor: Tensor) -> Tensor {
  let output = combine("masked", x, factor, .mask).castWithoutTape(to: x.precision)
  return record(output, from: x) { [node = x.node] gradient, pass in pass.add(masked(gradient, by: factor), to: node) }
}
