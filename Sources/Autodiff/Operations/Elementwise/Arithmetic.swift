// Operations of two inputs, element by element, with broadcasting as NumPy defines it: shapes are aligned at the last
// dimension, and a size of 1, or a missing dimension, is repeated. A gradient is summed over the repeated dimensions.

extension Tensor {
  /// left + right, element by element, of two shapes that broadcast to one. Stops the program if they don't.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    record(combine("+", left, right, .add), from: left, right) {
      [first = left.node, second = right.node] gradient, pass in
      if let first { pass.add(gradient.summed(to: first.shape), to: first) }
      if let second { pass.add(gradient.summed(to: second.shape), to: second) }
    }
  }

  /// left − right, element by element, of two shapes that broadcast to one. Stops the program if they don't.
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    record(combine("-", left, right, .subtract), from: left, right) {
      [first = left.node, second = right.node] gradient, pass in
      if let first { pass.add(gradient.summed(to: first.shape), to: first) }
      if let second { pass.add((-gradient).summed(to: second.shape), to: second) }
    }
  }

  /// left · right, element by element, of two shapes that broadcast to one; for the product of matrices see `matmul`. Stops the
  /// program if they don't.
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    let first = left.node, second = right.node
    // Each is kept only where the other has a gradient.
    return record(combine("*", left, right, .multiply), from: left, right) {
      [left = second == nil ? nil : left, right = first == nil ? nil : right] gradient, pass in
      if let first, let right { pass.add((gradient * right).summed(to: first.shape), to: first) }
      if let second, let left { pass.add((gradient * left).summed(to: second.shape), to: second) }
    }
  }

  /// left / right, element by element, of two shapes that broadcast to one. Stops the program if they don't.
  public static func / (left: Tensor, right: Tensor) -> Tensor {
    let quotient = record(combine("/", left, right, .divide), from: left, right) { gradient, pass in
      pass.add((gradient / right).summed(to: left.shape), to: left)
      // Not left / right², whose square leaves the numbers' range long before the quotient does.
      pass.add((-gradient * (left / right / right)).summed(to: right.shape), to: right)
    }
    OperationWatch.check("/", right, on: quotient.isOnTape) { $0 == 0 }
    return quotient
  }
}
