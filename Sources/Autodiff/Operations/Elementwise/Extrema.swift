/// The larger of two tensors, element by element, of two shapes that broadcast to one; NaN where either is NaN. The gradient goes to the larger,
/// and half of it to each where they are equal, as in PyTorch. Stops the program if the shapes don't fit.
public func maximum(_ x: Tensor, _ y: Tensor) -> Tensor {
  record(combine("maximum", x, y, .maximum), from: x, y) { gradient, pass in
    pass.add(masked(gradient, by: maximumShare(x, y)).summed(to: x.shape), to: x)
    pass.add(masked(gradient, by: maximumShare(y, x)).summed(to: y.shape), to: y)
  }
}

/// The smaller of two tensors, element by element, of two shapes that broadcast to one; NaN where either is NaN. The gradient goes to the
/// smaller, and half of it to each where they are equal, as in PyTorch. Stops the program if the shapes don't fit.
public func minimum(_ x: Tensor, _ y: Tensor) -> Tensor {
  record(combine("minimum", x, y, .minimum), from: x, y) { gradient, pass in
    pass.add(masked(gradient, by: maximumShare(y, x)).summed(to: x.shape), to: x)
    pass.add(masked(gradient, by: maximumShare(x, y)).summed(to: y.shape), to: y)
  }
}

/// The share of x in max(x, y), which is that of y in min(x, y); off the tape.
private func maximumShare(_ x: Tensor, _ y: Tensor) -> Tensor { combine("maximum", x, y, .maximumShare) }
