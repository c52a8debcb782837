extension Tensor {
  /// The p-norm of all elements, a scalar, as `norm(_:axes:)`. Stops the program if p is below 1.
  public func norm(_ p: Float = 2) -> Tensor { norm(p, axes: Array(shape.indices)) }

  /// The p-norm (Σ |x|ᵖ)^(1/p) over the given dimensions, which disappear, or stay with size 1: [3, 4, 5] over 1 is [3, 5] or
  /// [3, 1, 5]. p is 2 by default; 1 is the sum of magnitudes, `.infinity` the largest. Negative dimensions count from the last.
  ///
  /// Elements are divided by the largest before they are raised to the power p, so no power overflows. Where the norm is 0, so is its
  /// gradient. Stops the program if p is below 1 or there is no such dimension.
  public func norm(_ p: Float = 2, axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    guard p >= 1 else { stop("norm", "p is \(p), it must be 1 or more") }
    let axes = normalized(axes, "norm")
    let x = cast(to: .float32), sizes = Array(axes)
    let norm =
      p == 1 || elementCount == 0
      ? x.absolute().sum(axes: sizes, keepingDimensions: true)
      : p == .infinity ? x.absolute().max(axes: sizes, keepingDimensions: true) : x.powerNorm(p, sizes)
    return keepingDimensions ? norm : norm.reshaped(shape(without: axes))
  }

  /// The norm over dimensions that stay with size 1.
  private func powerNorm(_ p: Float, _ axes: [Int]) -> Tensor {
    let output = withoutGradients {
      let size = absolute(), largest = size.max(axes: axes, keepingDimensions: true)
      let scale = Tensor.where((largest .> 0) * (largest .< .infinity), largest, Tensor(1))
      let shares = size / scale
      let powers = (p == 2 ? shares.squared() : pow(shares, p)).sum(axes: axes, keepingDimensions: true)
      return scale * (p == 2 ? powers.squareRoot() : pow(powers, 1 / p))
    }
    return recordKeepingOutput(output, from: self) { [self] gradient, pass in
      // Where the norm is 0, so is x.
      let ratio = self / (pass.output + (pass.output .== 0))
      pass.add(gradient * (p == 2 ? ratio : sign() * pow(ratio.absolute(), p - 1)), to: self)
    }
  }
}
