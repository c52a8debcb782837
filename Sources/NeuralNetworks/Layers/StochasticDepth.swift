import Autodiff

/// Sets whole samples to 0 at random in training mode, and returns its input unchanged in evaluation mode. As the last module of a
/// residual branch it leaves out that branch for some samples of a batch: `Residual(Linear(8, 8), ReLU(), StochasticDepth(0.2))`.
///
/// Each sample, an index of the first dimension, becomes 0 with probability p and is divided by 1 − p otherwise, so its expected value does
/// not change. Input and output have the same shape, [n, …]; a call stops for a scalar. The random numbers come from the module's own
/// stream, named by the seed and the module's path. NaN stays NaN.
///
/// Source: Huang et al., "Deep networks with stochastic depth", 2016, arXiv:1603.09382.
public final class StochasticDepth: Module {
  /// p, the probability of 0.
  public let probability: Float
  private let random = RandomSource()

  /// Stochastic depth with probability p. Stops the program unless it is at least 0 and below 1.
  public init(_ probability: Float) {
    guard (0..<1).contains(probability) else {
      stop("StochasticDepth", "the probability is \(probability); it must be at least 0 and below 1")
    }
    self.probability = probability
  }

  public override func forward(_ x: Tensor) -> Tensor {
    guard let count = x.shape.first else { stop("StochasticDepth", "the input is a scalar; it must be [n, …]") }
    guard isTraining, probability > 0 else { return x }
    return x.dropped(probability, Shape([count] + x.shape.dropFirst().map { _ in 1 }), random)
  }

  public override var details: String { "\(probability)" }
}
