/// x to the power p, element by element; NaN for negative x unless p is whole. The derivative is p · x to the power p − 1, and 0 for p
/// = 0.
public func pow(_ x: Tensor, _ exponent: Float) -> Tensor {
  let power = record(x.map(.power(exponent: exponent)), from: x) { gradient, pass in
    pass.add(
      exponent == 0 ? masked(gradient, by: Tensor(0)) : gradient * (exponent * pow(x, exponent - 1)), to: x)
  }
  // Where the value or, for exponents between 0 and 1, the derivative is not finite.
  let isWhole = exponent == exponent.rounded()
  OperationWatch.check("pow", x, on: power.isOnTape) { $0 < 0 ? !isWhole : $0 == 0 && exponent < 1 && exponent != 0 }
  return power
}

/// x to the power p, element by element, of two shapes that broadcast to one; NaN for negative x unless p is whole.
///
/// The derivative with respect to x is p · x to the power p − 1, and 0 where p = 0; that with respect to p is ln(x) · x to the power
/// p, and 0 where x = 0 and p ≥ 0, as in PyTorch. Stops the program if the shapes don't fit.
public func pow(_ x: Tensor, _ exponent: Tensor) -> Tensor {
  recordKeepingOutput(combine("pow", x, exponent, .power), from: [x, exponent]) { gradient, pass in
    pass.add(
      masked(gradient * (exponent * pow(x, exponent - 1)), by: exponent .!= 0).summed(to: x.shape), to: x)
    let isZero = (x .== 0) * (exponent .>= 0)
    // The logarithm of 1 instead, so that no infinity reaches a gradient of the gradient.
    pass.add(
      masked(gradient * pass.output * log(Tensor.where(isZero, Tensor(1), x)), by: 1 - isZero)
        .summed(to: exponent.shape), to: exponent)
  }
}
