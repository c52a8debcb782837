import Rheoscope

/// How alike two layers see the same samples, from 0 to 1: 1 if what one makes of them is what the other does, up to turning
/// about and a factor.
///
/// ‖Yᵀ X‖² / (‖Xᵀ X‖ ‖Yᵀ Y‖), the columns of X and Y having a mean of 0. X [samples, a], Y [samples, b]; dimensions after the
/// first count as columns. NaN where a layer gives the same for all samples.
///
/// Source: Kornblith et al., "Similarity of neural network representations revisited", 2019, arXiv:1905.00414.
public func linearCKA(_ x: Tensor, _ y: Tensor) -> Double {
  guard x.shape[0] == y.shape[0] else { stop("linearCKA", x.shape, y.shape, "both are of the same samples") }
  return withoutGradients {
    let (x, y) = (centered(x), centered(y))
    func length(_ a: Tensor, _ b: Tensor) -> Double {
      matmul(a, b, transposeLeft: true).values.reduce(0) { $0 + Double($1) * Double($1) }
    }
    return length(y, x) / (length(x, x) * length(y, y)).squareRoot()
  }
}

private func centered(_ x: Tensor) -> Tensor {
  let rows = x.reshaped([x.shape[0], x.elementCount / x.shape[0]])
  return rows - rows.mean(axes: [0])
}
