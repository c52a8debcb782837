import Autodiff

/// Multi-head attention, of a sequence to itself or to another.
///
/// Per head, softmax(Q Kᵀ / √size) V with size = width / heads, where Q is a linear map of x, and K and V are linear maps of x, or of the
/// context that is given as well; a last linear map is applied to the concatenated heads. x and y [n, length, width]:
///
///     attention(x)                                               // to itself
///     attention(x, context)                                      // to a context [n, keys, contextWidth]
///     attention(x, keys, values)                                 // to two of them
///     attention(x, mask: AttentionMask(keyLengths: [5, 3]))      // to the first 5 positions, and the first 3
///
/// With `isCausal`, position i attends to positions 0 … i alone. Masks add to that, see ``AttentionMask``. A NaN still reaches its
/// whole sequence, as in PyTorch, since 0 · NaN is NaN. A call stops unless all inputs have three dimensions and fit each other.
///
/// With fewer `keyValueHeads` than heads, K and V have so many heads of that size, and heads / keyValueHeads heads of Q in a row share one
/// (grouped queries; one is multi-query attention). `headNorm` normalizes Q and K per head before the product (QK-norm), and `rotary`
/// turns them by their positions after that.
///
/// The linear layers use the initializer, or `Linear`'s default.
///
/// Sources: Vaswani et al., "Attention is all you need", 2017, arXiv:1706.03762; Ainslie et al., "GQA: training generalized multi-query
/// Transformer models from multi-head checkpoints", 2023, arXiv:2305.13245; Henry et al., "Query-key normalization for Transformers",
/// 2020, arXiv:2010.04245.
public final class MultiHeadAttention: Module {
  /// The normalization of queries and keys, over the features of one head.
  public enum HeadNorm: String, Sendable {
    /// `RMSNorm`.
    case rms
    /// `LayerNorm`.
    case layer
  }

  /// The linear layer for Q.
  public let query: Linear
  /// The linear layer for K.
  public let key: Linear
  /// The linear layer for V.
  public let value: Linear
  /// The attention weights, [n, heads, length, keys], as a site for hooks; each row sums to 1, or to 0 where a mask allows nothing.
  public let weights = HookPoint()
  /// The last linear layer.
  public let output: Linear
  /// The norm of Q per head, with parameters [width / heads]; nil without `headNorm`.
  public let queryNorm: Module?
  /// The norm of K per head, with parameters [width / heads]; nil without `headNorm`.
  public let keyNorm: Module?
  /// What turns Q and K by their positions; nil for nothing.
  public let rotary: RotaryEmbedding?
  private let heads, keyValueHeads, size: Int
  private let isCausal: Bool
  /// That of the call that is running.
  private var mask: AttentionMask?

  /// Attention with `width` features per position. By default K and V are made of as many features, and have as many heads as Q. Stops the
  /// program unless `width` is a multiple of `heads`, and that of `keyValueHeads`.
  public init(
    _ width: Int, heads: Int, isCausal: Bool = false, keyValueHeads: Int? = nil, contextWidth: Int? = nil,
    headNorm: HeadNorm? = nil, rotary: RotaryEmbedding? = nil, initializer: Initializer? = nil
  ) {
    guard heads >= 1, width % heads == 0 else {
      stop("MultiHeadAttention", "the width is \(width); it must be a multiple of the \(heads) heads")
    }
    let keyValueHeads = keyValueHeads ?? heads, contextWidth = contextWidth ?? width, size = width / heads
    guard keyValueHeads >= 1, heads % keyValueHeads == 0 else {
      stop(
        "MultiHeadAttention", "there are \(heads) heads; they must be a multiple of the \(keyValueHeads) keyValueHeads")
    }
    query = Linear(width, width, initializer: initializer)
    key = Linear(contextWidth, keyValueHeads * size, initializer: initializer)
    value = Linear(contextWidth, keyValueHeads * size, initializer: initializer)
    output = Linear(width, width, initializer: initializer)
    func norm() -> Module? { headNorm.map { $0 == .rms ? RMSNorm(size) : LayerNorm(size) } }
    (queryNorm, keyNorm, self.rotary) = (norm(), norm(), rotary)
    (self.heads, self.keyValueHeads, self.size, self.isCausal) = (heads, keyValueHeads, size, isCausal)
  }

  /// The output under a mask: a call as without, with hooks. x [n, length, width], a context [n, keys, contextWidth], or x itself if nil.
  public func callAsFunction(_ x: Tensor, _ context: Tensor? = nil, mask: AttentionMask?) -> Tensor {
    self.mask = mask
    defer { self.mask = nil }
    return context.map { self(x, $0) } ?? self(x)
  }

  public override func forward(_ x: Tensor) -> Tensor { attended(x, x, x) }

  public override func forward(_ x: Tensor, _ context: Tensor) -> Tensor { attended(x, context, context) }

  public override func forward(_ x: Tensor, _ keys: Tensor, _ values: Tensor) -> Tensor { attended(x, keys, values) }

  private func attended(_ x: Tensor, _ keys: Tensor, _ values: Tensor) -> Tensor {
    check(x, keys, values)
    let scale = 1 / Float(size).squareRoot()
    let queries = queryNorm.map { byHead(query(x), $0, rotary) * scale } ?? byHead(query(x) * scale, nil, rotary)
    let scores = joined(matmul(grouped(queries), byHead(key(keys), keyNorm, rotary), transposeRight: true), x)
    let weights = weights(
      mask.map { $0.weights(of: scores, isCausal: isCausal) }
        ?? shares(isCausal ? scores + causalMask(scores.shape[2], scores.shape[3]) : scores))
    let mixed = joined(matmul(grouped(weights), byHead(value(values), nil, nil)), x)
    return output(mixed.transposed(0, 2, 1, 3).reshaped(x.shape))
  }

  /// [n, length, heads · size] as [n, heads, length, size], normalized and turned.
  private func byHead(_ projected: Tensor, _ norm: Module?, _ rotary: RotaryEmbedding?) -> Tensor {
    let shape = projected.shape
    var x = projected.reshaped([shape[0], shape[1], shape[2] / size, size])
    if let norm { x = norm(x) }
    x = x.transposed(0, 2, 1, 3)
    return rotary.map { $0(x) } ?? x
  }

  /// The rows of heads that share keys below each other, for one product: [n, heads, length, …] as [n, keyValueHeads, …].
  private func grouped(_ x: Tensor) -> Tensor {
    guard keyValueHeads < heads else { return x }
    return x.reshaped([x.shape[0], keyValueHeads, heads / keyValueHeads * x.shape[2], x.shape[3]])
  }

  /// The reverse of `grouped`, for as many rows per head as x has positions.
  private func joined(_ product: Tensor, _ x: Tensor) -> Tensor {
    guard keyValueHeads < heads else { return product }
    return product.reshaped([x.shape[0], heads, x.shape[1], product.shape[3]])
  }

  private func check(_ x: Tensor, _ keys: Tensor, _ values: Tensor) {
    for input in [x, keys, values] where input.shape.count != 3 {
      stop("MultiHeadAttention", "the input has the shape \(input.shape); it must be [n, length, width]")
    }
    guard keys.shape[0] == x.shape[0] else {
      stop("MultiHeadAttention", x.shape, keys.shape, "both have as many samples")
    }
    guard keys.shape.dropLast() == values.shape.dropLast() else {
      stop("MultiHeadAttention", keys.shape, values.shape, "there are as many values as keys")
    }
  }

  public override var details: String {
    var parts = ["\(heads) heads"]
    if keyValueHeads < heads { parts.append("\(keyValueHeads) for keys and values") }
    if isCausal { parts.append("causal") }
    return parts.joined(separator: ", ")
  }
}

/// [queries, keys]: 0 where a position may attend, −∞ at later positions.
private func causalMask(_ queries: Int, _ keys: Int) -> Tensor {
  Tensor(shape: [queries, keys]) { mask in
    for row in 0..<queries {
      for column in 0..<keys { mask[row * keys + column] = column <= row ? 0 : -.infinity }
    }
  }
}
