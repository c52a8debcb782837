import Autodiff
import CKernels

/// Σ a², Σ b² and Σ a b.
func products(_ a: Tensor, _ b: Tensor) -> pair_products {
  a.withValues { a in b.withValues { products_of(a.baseAddress!, $0.baseAddress!, a.count) } }
}

/// a·b / (‖a‖ ‖b‖), NaN where one is 0.
func cosine(_ a: Tensor, _ b: Tensor) -> Double {
  let sums = products(a, b)
  return sums.product_sum / (sums.first_square_sum * sums.second_square_sum).squareRoot()
}
