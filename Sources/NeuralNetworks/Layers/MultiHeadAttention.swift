import Autodiff

/// Multi-head self-attention.
///
/// Per head, softmax(Q Kᵀ / √(width / heads)) V, where Q, K and V are linear maps of x; a last linear map is applied to the
/// concatenated heads. x and y [n, length, width]. With `isCausal`, a position attends only to itself and to earlier positions. A NaN
/// still reaches its whole sequence, as in PyTorch, since 0 · NaN is NaN. A call stops unless x has three dimensions.
///
/// The four linear layers use the initializer, or `Linear`'s default.
///
/// Source: Vaswani et al., "Attention is all you need", 2017, arXiv:1706.03762.
public final class MultiHeadAttention: Module {
  /// The linear layer for Q.
  public let query: Linear
  /// The linear layer for K.
  public let key: Linear
  /// The linear layer for V.
  public let value: Linear
  /// The attention weights, [n, heads, length, length], as a site for hooks; each row sums to 1.
  public let weights = HookPoint()
  /// The last linear layer.
  public let output: Linear
  private let heads: Int
  private let isCausal: Bool

  /// Attention with `width` features per position. Stops the program unless `width` is a multiple of `heads`.
  public init(_ width: Int, heads: Int, isCausal: Bool = false, initializer: Initializer? = nil) {
    guard heads >= 1, width % heads == 0 else {
      stop("MultiHeadAttention", "the width is \(width); it must be a multiple of the \(heads) heads")
    }
    query = Linear(width, width, initializer: initializer)
    key = Linear(width, width, initializer: initializer)
    value = Linear(width, width, initializer: initializer)
    output = Linear(width, width, initializer: initializer)
    (self.heads, self.isCausal) = (heads, isCausal)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    guard x.shape.count == 3 else {
      stop("MultiHeadAttention", "the input has the shape \(x.shape); it must be [n, length, width]")
    }
    let (count, length, width) = (x.shape[0], x.shape[1], x.shape[2])
    func byHead(_ projected: Tensor) -> Tensor {
      projected.reshaped([count, length, heads, width / heads]).transposed(0, 2, 1, 3)
    }
    let scale = 1 / Float(width / heads).squareRoot()
    var scores = matmul(byHead(query(x)) * scale, byHead(key(x)), transposeRight: true)
    if isCausal { scores = scores + causalMask(length) }
    let mixed = matmul(weights(shares(scores)), byHead(value(x)))
    return output(mixed.transposed(0, 2, 1, 3).reshaped(x.shape))
  }

  public override var details: String { "\(heads) heads\(isCausal ? ", causal" : "")" }
}

/// [length, length]: 0 where a position may attend, −∞ at later positions.
private func causalMask(_ length: Int) -> Tensor {
  Tensor(shape: [length, length]) { mask in
    for row in 0..<length {
      for column in 0..<length { mask[row * length + column] = column <= row ? 0 : -.infinity }
    }
  }
}
