import Autodiff

/// A table of vectors, looked up by token indices.
///
/// y[…, :] = weight[x[…], :], where x has token indices, whole numbers from 0 to rows − 1; x [n, …], y [n, …, width], weight
/// [rows, width]. The gradient of a row is the sum over its uses. Without an initializer the weight begins as standard normal,
/// as in PyTorch. A call stops at an index outside of the table.
///
/// Source: Bengio et al., "A neural probabilistic language model", 2003.
public final class Embedding: Module {
  /// The table, [rows, width].
  public let weight: Parameter

  /// A table of `rows` vectors of `width` elements.
  public init(_ rows: Int, _ width: Int, initializer: Initializer? = nil) {
    // A fan of 1 gives a variance of 1.
    weight = Parameter(
      [rows, width], initializer: initializer ?? .leCunNormal,
      fan: initializer == nil ? Fan(inputs: 1, outputs: 1) : nil)
  }

  public override func forward(_ x: Tensor) -> Tensor { weight.value.take(rows: x) }

  public override var details: String { "\(weight.shape[0]) × \(weight.shape[1])" }
}
