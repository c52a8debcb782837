import Autodiff

/// A block of a Transformer: attention, then two linear maps with GELU between them, each in a residual branch.
///
/// Pre-norm: x ← x + attention(norm(x)), x ← x + maps(norm(x)). Post-norm: x ← norm(x + attention(x)), x ← norm(x + maps(x)).
/// x and y [n, length, width]. Post-norm, as first published, has large gradients near the output at the start and needs a
/// warm-up; pre-norm does not.
///
/// Sources: Vaswani et al., "Attention is all you need", 2017, arXiv:1706.03762; Xiong et al., "On layer normalization in the
/// Transformer architecture", 2020, arXiv:2002.04745.
public final class TransformerBlock: Module {
  /// Where a block normalizes.
  public enum NormPlacement: String, Sendable {
    /// Before each branch, so that the stream itself is never normalized.
    case pre
    /// After each branch has been added.
    case post
  }

  /// The first branch.
  public let attention: MultiHeadAttention
  /// The norm of the first branch.
  public let attentionNorm: LayerNorm
  /// The second branch's map to `hidden` numbers.
  public let expand: Linear
  /// The second branch's map back.
  public let contract: Linear
  /// The norm of the second branch.
  public let mapsNorm: LayerNorm
  /// Drops elements of each branch's result.
  public let dropout: Dropout
  private let activation = GELU()
  private let placement: NormPlacement

  /// A block of `width` numbers a place; `hidden` is 4 · width unless it is given.
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

  public override func forward(_ x: Tensor) -> Tensor {
    func maps(_ x: Tensor) -> Tensor { contract(activation(expand(x))) }
    switch placement {
    case .pre:
      let attended = x + dropout(attention(attentionNorm(x)))
      return attended + dropout(maps(mapsNorm(attended)))
    case .post:
      let attended = attentionNorm(x + dropout(attention(x)))
      return mapsNorm(attended + dropout(maps(attended)))
    }
  }

  public override var details: String { "\(placement)-norm" }
}
