import Autodiff

/// A Transformer block: attention and a feed-forward network (linear, GELU, linear), each in a residual branch.
///
/// Pre-norm: x ← x + attention(norm(x)), x ← x + ffn(norm(x)). Post-norm: x ← norm(x + attention(x)), x ← norm(x + ffn(x)).
/// x and y [n, length, width]. Post-norm, as first published, has large gradients near the output at the start and needs a
/// warm-up; pre-norm does not.
///
/// Sources: Vaswani et al., "Attention is all you need", 2017, arXiv:1706.03762; Xiong et al., "On layer normalization in the
/// Transformer architecture", 2020, arXiv:2002.04745.
public final class TransformerBlock: Module {
  /// The position of the layer normalizations.
  public enum NormPlacement: String, Sendable {
    /// At the input of each branch; the residual stream itself is not normalized.
    case pre
    /// After the sum of branch and residual stream.
    case post
  }

  /// The attention of the first branch.
  public let attention: MultiHeadAttention
  /// The norm of the first branch.
  public let attentionNorm: LayerNorm
  /// The first linear layer of the feed-forward network, from `width` to `hidden` features.
  public let expand: Linear
  /// The second linear layer of the feed-forward network, from `hidden` to `width` features.
  public let contract: Linear
  /// The norm of the second branch.
  public let mapsNorm: LayerNorm
  /// The dropout at the output of each branch.
  public let dropout: Dropout
  private let activation = GELU()
  private let placement: NormPlacement
  /// That of the call that is running.
  private var mask: AttentionMask?

  /// A block with `width` features per position; `hidden` is 4 · width and the dropout probability 0 by default. Stops the
  /// program unless `width` is a multiple of `heads`.
  public init(
    _ width: Int, heads: Int, hidden: Int? = nil, placement: NormPlacement = .pre, isCausal: Bool = false,
    dropout: Float = 0, initializer: Initializer? = nil
  ) {
    let hidden = hidden ?? 4 * width
    attention = MultiHeadAttention(width, heads: heads, isCausal: isCausal, initializer: initializer)
    attentionNorm = LayerNorm(width)
    expand = Linear(width, hidden, initializer: initializer)
    contract = Linear(hidden, width, initializer: initializer)
    mapsNorm = LayerNorm(width)
    self.dropout = Dropout(dropout)
    self.placement = placement
  }

  /// The output under a mask of the attention: a call as without, with hooks. x and y [n, length, width].
  public func callAsFunction(_ x: Tensor, mask: AttentionMask?) -> Tensor {
    self.mask = mask
    defer { self.mask = nil }
    return self(x)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    func feedForward(_ x: Tensor) -> Tensor { contract(activation(expand(x))) }
    switch placement {
    case .pre:
      let attended = x + dropout(attention(attentionNorm(x), mask: mask))
      return attended + dropout(feedForward(mapsNorm(attended)))
    case .post:
      let attended = attentionNorm(x + dropout(attention(x, mask: mask)))
      return mapsNorm(attended + dropout(feedForward(attended)))
    }
  }

  public override var details: String { "\(placement)-norm" }
}
