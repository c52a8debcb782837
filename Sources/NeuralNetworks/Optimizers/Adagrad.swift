import Autodiff

/// Adagrad: steps divided by the square root of the sum of all squared gradients so far, so that they only become smaller.
///
/// g ← g + λ w, s ← s + g², w ← w − η g / (√s + ε); s begins as 0. η = 0.01, ε = 10⁻¹⁰, λ = 0 by default, as in PyTorch.
/// Where |g| is above 1.8 · 10¹⁹ its square is infinite, and the weight does not change any more, as in PyTorch.
///
/// Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
public final class Adagrad: Optimizer {
  private let epsilon: Float

  /// Adagrad for all parameters of a model. Stops the program if learning rate or weight decay is negative or not finite.
  public init(_ model: Module, learningRate: Float = 0.01, epsilon: Float = 1e-10, weightDecay: Float = 0) {
    self.epsilon = epsilon
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, states: ["sum"])
  }

  package override var isFused: Bool { true }

  package override func fusedUpdate(_ step: FusedUpdate, measuring norms: UnsafeMutablePointer<StepNorms>?) {
    OptimizerKernels.adagrad(
      step.w, step.g, sum: step.pointer(0), count: step.count, learningRate: step.learningRate, epsilon: epsilon,
      weightDecay: step.weightDecay, norms: norms)
  }
}
