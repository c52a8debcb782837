import Autodiff

/// A gated feed-forward network: y = W₂ (silu(W₁ x) · W₃ x), as in LLaMA.
///
/// x and y [n, …, width]; the products in between have `hidden` features, for which 8/3 · width has as many weights as a feed-forward
/// network of two layers with 4 · width. The linear layers use the initializer, or `Linear`'s default.
///
/// Source: Shazeer, "GLU variants improve Transformer", 2020, arXiv:2002.05202.
public final class SwiGLU: Module {
  /// W₁, from `width` to `hidden` features, before the activation.
  public let gate: Linear
  /// W₃, from `width` to `hidden` features.
  public let expand: Linear
  /// W₂, from `hidden` to `width` features.
  public let contract: Linear
  private let activation = SiLU()

  /// A network with `width` features at both ends and `hidden` between, without biases by default.
  public init(_ width: Int, hidden: Int, bias: Bool = false, initializer: Initializer? = nil) {
    gate = Linear(width, hidden, bias: bias, initializer: initializer)
    expand = Linear(width, hidden, bias: bias, initializer: initializer)
    contract = Linear(hidden, width, bias: bias, initializer: initializer)
  }

  public override func forward(_ x: Tensor) -> Tensor { contract(activation(gate(x)) * expand(x)) }
}
