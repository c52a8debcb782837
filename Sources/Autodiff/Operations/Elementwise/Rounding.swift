// Functions of steps. Their derivative is 0 wherever it exists; gradients arrive as zeros, as in PyTorch.

extension Tensor {
  /// The sign of each element: −1, 0 or 1; NaN stays NaN. The result has the same shape and precision; its gradient is 0.
  public func sign() -> Tensor { steps(.sign, of: self) }
}

/// The largest whole number that is not above x, element by element; the gradient is 0.
public func floor(_ x: Tensor) -> Tensor { steps(.floor, of: x) }

/// The smallest whole number that is not below x, element by element; the gradient is 0.
public func ceil(_ x: Tensor) -> Tensor { steps(.ceil, of: x) }

/// The nearest whole number, element by element; of two the even one, so 0.5 and 2.5 become 0 and 2. The gradient is 0.
public func round(_ x: Tensor) -> Tensor { steps(.round, of: x) }

private func steps(_ operation: UnaryOperation, of x: Tensor, by function: StaticString = #function) -> Tensor {
  record(x.map(operation), from: x, by: function) { [node = x.node] gradient, pass in
    pass.add(masked(gradient, by: Tensor(0)), to: node)
  }
}
