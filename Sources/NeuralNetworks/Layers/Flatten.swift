import Autodiff

/// Joins all dimensions after the first: [n, a, b, …] to [n, a b …]. A call stops for a scalar.
public final class Flatten: Module {
  public override func forward(_ x: Tensor) -> Tensor {
    guard let count = x.shape.first else {
      stop("Flatten", "the input is a scalar; it must have at least one dimension")
    }
    return x.reshaped([count, x.shape.dropFirst().reduce(1, *)])
  }
}
