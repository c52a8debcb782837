import Autodiff

/// Attention of a sequence to itself.
///
/// Per head, softmax(Q Kᵀ / √(width / heads)) V, where Q, K and V are linear maps of x; the heads' results side by side go through
/// a last linear map. x and y [n, length, width]. With `isCausal` a place attends to itself and to those before it only: the shares of
/// those after it are 0. A NaN still reaches its whole sequence, as in PyTorch, since 0 · NaN is NaN.
///
/// The four maps begin as `Linear` does, or as the initializer says.
///
/// Source: Vaswani et al., "Attention is all you need", 2017, arXiv:1706.03762.
public final class MultiHeadAttention: Module {
  /// The map to Q.
  public let query: Linear
  /// The map to K.
  public let key: Linear
  /// The map to V.
  public let value: Linear
  /// The attention of each place to each, [n, heads, length, length], as a site for hooks; each row sums to 1.
  public let weights = HookPoint()
  /// The last map.
  public let output: Linear
  private let heads: Int
  private let isCausal: Bool

  /// Attention with `width` numbers a place. Stops if they can't be divided among the heads.
  public init(_ width: Int, heads: Int, isCausal: Bool = false, initializer: Initializer? = nil) {
    guard heads >= 1, width % heads == 0 else {
      stop("MultiHeadAttention", "a width of \(width) can't be divided among \(heads) heads")
    }
    query = Linear(width, width, initializer: initializer)
    key = Linear(width, width, initializer: initializer)
    value = Linear(width, width, initializer: initializer)
    output = Linear(width, width, initializer: initializer)
    (self.heads, self.isCausal) = (heads, isCausal)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    guard x.shape.count == 3 else {
      stop("MultiHeadAttention", "sequences [n, length, width] are needed, not the shape \(x.shape)")
    }
    let (count, length, width) = (x.shape[0], x.shape[1], x.shape[2])
    func byHead(_ projected: Tensor) -> Tensor {
      projected.reshaped([count, length, heads, width / heads]).transposed(0, 2, 1, 3)
    }
    let scale = 1 / Float(width / heads).squareRoot()
    var scores = matmul(byHead(query(x)) * scale, byHead(key(x)), transposeRight: true)
    if isCausal { scores = scores + causalMask(length) }
    let mixed = matmul(weights(softmax(scores)), byHead(value(x)))
    return output(mixed.transposed(0, 2, 1, 3).reshaped(x.shape))
  }

  public override var details: String { "\(heads) heads\(isCausal ? ", causal" : "")" }
}

/// 0 where a place may look, −∞ at the places after it.
private func causalMask(_ length: Int) -> Tensor {
  Tensor(shape: [length, length]) { mask in
    for row in 0..<length {
      for column in 0..<length { mask[row * length + column] = column <= row ? 0 : -.infinity }
    }
  }
}
