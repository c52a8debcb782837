import Autodiff

/// All dimensions but the first made one: [n, a, b, …] to [n, a b …].
public final class Flatten: Module {
  public override func forward(_ x: Tensor) -> Tensor {
    guard let count = x.shape.first else { stop("Flatten", "a scalar has no first dimension to keep") }
    return x.reshaped([count, x.shape.dropFirst().reduce(1, *)])
  }
}
