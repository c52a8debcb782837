import Autodiff

/// A table of vectors, of which the input names rows.
///
/// y[…, :] = weight[x[…], :], where x holds whole numbers from 0 ..< rows; x [n, …] to [n, …, width], weight [rows, width].
/// The gradient of a row is the sum over the places that name it. weight begins standard normal, as in PyTorch, or as the
/// initializer says. Stops at a number that names no row.
///
/// Source: Bengio et al., "A neural probabilistic language model", 2003.
public final class Embedding: Module {
  /// [rows, width]
  public let weight: Parameter

  /// A table of `rows` vectors of `width` numbers.
  public init(_ rows: Int, _ width: Int, initializer: Initializer? = nil) {
    // A fan of 1 gives a variance of 1.
    weight = Parameter(
      [rows, width], initializer: initializer ?? .leCunNormal,
      fan: initializer == nil ? Fan(inputs: 1, outputs: 1) : nil)
  }

  public override func forward(_ x: Tensor) -> Tensor { weight.value.take(rows: x) }

  public override var details: String { "\(weight.shape[0]) × \(weight.shape[1])" }
}
