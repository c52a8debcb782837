import Autodiff

/// Which keys each query of an attention may attend to, and what is added to their scores. What is given holds together: a key must be
/// allowed by all of it, and by the causal mask of an attention with `isCausal`. A query that may attend to nothing has the weights 0
/// and mixes to 0, not NaN.
public struct AttentionMask {
  /// Not 0 where a query may attend to a key, made by a comparison or `lowerTriangle()`: [queries, keys], or another shape that
  /// broadcasts to [n, heads, queries, keys].
  public var allowed: Tensor?
  /// Added to the scores, which broadcasts as above, and is trained where it has a gradient; −∞ shuts a key out.
  public var added: Tensor?
  /// The number of keys of each sample, [n]; later ones are padding.
  public var keyLengths: [Int]?

  /// A mask of one or several kinds; tensors broadcast to [n, heads, queries, keys].
  public init(allowed: Tensor? = nil, added: Tensor? = nil, keyLengths: [Int]? = nil) {
    (self.allowed, self.added, self.keyLengths) = (allowed, added, keyLengths)
  }

  /// The softmax of scores [n, heads, queries, keys] over the keys that are allowed.
  func weights(of scores: Tensor, isCausal: Bool) -> Tensor {
    let (count, queries, keys) = (scores.shape[0], scores.shape[2], scores.shape[3])
    var scores = scores, isSeen = Tensor(repeating: 1, shape: [queries, keys])
    if isCausal { isSeen = isSeen.lowerTriangle() }
    if let allowed { isSeen = isSeen * (allowed .!= 0) }
    if let keyLengths {
      guard keyLengths.count == count else {
        stop("attention mask", "there are \(keyLengths.count) key lengths for \(count) samples")
      }
      isSeen = isSeen * sequenceMask(keyLengths, length: keys).reshaped([count, 1, 1, keys])
    }
    if let added {
      let isOpen = added .!= -.infinity
      isSeen = isSeen * isOpen
      scores = scores + Tensor.where(isOpen, added, Tensor(0)).cast(to: scores.precision)
    }
    return softmax(scores, mask: isSeen)
  }
}
