import Autodiff

/// Σ a², Σ b² and Σ a b.
func products(_ a: Tensor, _ b: Tensor) -> PairSums { a.pairSums(with: b) }

/// a·b / (‖a‖ ‖b‖), NaN if one is 0.
func cosine(_ a: Tensor, _ b: Tensor) -> Double {
  let sums = products(a, b)
  return sums.productSum / (sums.firstSquareSum * sums.secondSquareSum).squareRoot()
}
