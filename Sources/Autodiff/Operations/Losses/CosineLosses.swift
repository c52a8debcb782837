/// The cosine of the angle between vectors along a dimension, Σ a b / (max(‖a‖, ε) max(‖b‖, ε)), of two shapes that broadcast to one; the
/// dimension disappears: [n, d] and [n, d] give [n].
///
/// The last dimension and ε = 10⁻⁸ by default, as in PyTorch. Negative dimensions count from the last. Stops the program if the shapes
/// don't broadcast, there is no such dimension, or ε is not above 0.
public func cosineSimilarity(_ a: Tensor, _ b: Tensor, axis: Int = -1, epsilon: Float = 1e-8) -> Tensor {
  guard epsilon > 0 else { stop("cosineSimilarity", "ε is \(epsilon), it must be above 0") }
  guard let shape = a.shape.broadcast(with: b.shape) else {
    stop("cosineSimilarity", a.shape, b.shape, "the shapes must broadcast")
  }
  // Each by itself, in Float32: the product of two lengths may be infinite, and ε is 0 in Float16.
  func direction(_ x: Tensor) -> Tensor {
    let x = x.broadcast(to: shape).cast(to: .float32)
    return x / x.norm(axes: [axis], keepingDimensions: true).clamped(to: epsilon...)
  }
  return (direction(a) * direction(b)).sum(axes: [axis])
}

/// For pairs of vectors, rows of two matrices [n, d], that are alike (true) or not (false): 1 − cos of a pair that is alike, max(0, cos − m)
/// of one that is not, with the margin m, 0 by default; the mean over pairs by default, or their sum, or with `.none` a tensor [n]. cos is
/// `cosineSimilarity`. The loss is in Float32.
///
/// Stops the program if the shapes differ or are not [n, d], there is not a flag for each pair, or the margin is outside of −1 to 1.
///
/// Source: Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an invariant mapping", 2006, with the cosine as in PyTorch.
public func cosineEmbeddingLoss(
  _ a: Tensor, _ b: Tensor, areAlike: [Bool], margin: Float = 0, reduction: Reduction = .mean
) -> Tensor {
  let operation = "cosineEmbeddingLoss"
  guard a.shape.count == 2, a.shape == b.shape else {
    stop(operation, a.shape, b.shape, "both have one shape, [pairs, features]")
  }
  guard areAlike.count == a.shape[0] else { stop(operation, "\(areAlike.count) flags for \(a.shape[0]) pairs") }
  guard (-1...1).contains(margin) else { stop(operation, "the margin is \(margin), it must be −1 to 1") }
  let cosine = cosineSimilarity(a.cast(to: .float32), b.cast(to: .float32))
  let alike = Tensor(areAlike.map { $0 ? 1 : 0 }, shape: [areAlike.count])
  return reduction(alike * (1 - cosine) + (1 - alike) * relu(cosine - margin))
}
