import Autodiff

/// Σ a², Σ b² and Σ a b.
func products(_ a: Tensor, _ b: Tensor) -> PairSums { a.pairSums(with: b) }

/// a·b / (‖a‖ ‖b‖); nil if one is 0, which has no direction.
func cosine(_ a: Tensor, _ b: Tensor) -> Double? {
  let sums = products(a, b)
  guard sums.firstSquareSum != 0, sums.secondSquareSum != 0 else { return nil }
  return sums.productSum / (sums.firstSquareSum * sums.secondSquareSum).squareRoot()
}
