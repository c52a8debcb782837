/// eˣ / Σ eˣ along a dimension, the last by default, over the elements whose mask is not 0; the others are 0 and have no gradient. Where
/// all are masked the result is 0 everywhere, not NaN. The mask broadcasts to the shape of x, which the result has; make it by a
/// comparison or `lowerTriangle()`. Negative dimensions count from the last.
///
/// Stops the program if the mask does not broadcast to the shape of x, there is no such dimension, or its size is 0.
public func softmax(_ x: Tensor, mask: Tensor, axis: Int = -1) -> Tensor {
  guard mask.shape.broadcast(with: x.shape) == x.shape else {
    stop("softmax", mask.shape, x.shape, "each size of the mask is that of x or 1")
  }
  // A row that is masked as a whole is NaN in between, from which the mask selects nothing, in either direction.
  let probabilities = shares(Tensor.where(mask, x, Tensor(-.infinity)), axis: axis)
  return masked(probabilities, by: mask.offTape .!= 0)
}

extension Tensor {
  /// ln Σ eˣ over the given dimensions, which disappear, or stay with size 1: [3, 4, 5] over 1 is [3, 5] or [3, 1, 5]. Large elements
  /// don't overflow. Negative dimensions count from the last. The derivative is `softmax` over these dimensions.
  ///
  /// Stops the program if there is no such dimension, or no element to add.
  public func logSumExp(axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    let axes = normalized(axes, "logSumExp"), x = cast(to: .float32)
    guard elementCount > 0 || shape(without: axes).elementCount == 0 else {
      stop("logSumExp", "the shape \(shape) has no elements to add over the dimensions \(axes.sorted())")
    }
    let output = withoutGradients {
      let largest = x.max(axes: Array(axes), keepingDimensions: true)
      let offset = Tensor.where(largest.absolute() .< .infinity, largest, Tensor(0))
      return offset + log(exp(x - offset).sum(axes: Array(axes), keepingDimensions: true))
    }
    let sum = recordKeepingOutput(output, from: x) { gradient, pass in
      pass.add(gradient * exp(x - pass.output), to: x)
    }
    return keepingDimensions ? sum : sum.reshaped(shape(without: axes))
  }
}
