import Autodiff

/// Stochastic gradient descent, with momentum if it is above 0.
///
/// g ← g + λ w, v ← μ v + g, w ← w − η v; with Nesterov's momentum w ← w − η (g + μ v). v begins as 0. μ = 0 and λ = 0 by
/// default, which is w ← w − η g.
///
/// Sources: Robbins and Monro, "A stochastic approximation method", 1951; Polyak, "Some methods of speeding up the
/// convergence of iteration methods", 1964; Nesterov, "A method of solving a convex programming problem with convergence
/// rate O(1/k²)", 1983; in this form Sutskever et al., "On the importance of initialization and momentum in deep learning",
/// 2013.
public final class SGD: Optimizer {
  private let momentum: Float
  private let nesterov: Bool

  /// Gradient descent for all parameters of a model. Stops the program unless the momentum is at least 0 and below 1, and above
  /// 0 with `nesterov`.
  public init(
    _ model: Module, learningRate: Float, momentum: Float = 0, nesterov: Bool = false, weightDecay: Float = 0
  ) {
    guard momentum >= 0, momentum < 1 else { stop("SGD", "momentum is \(momentum); it must be at least 0 and below 1") }
    guard !nesterov || momentum > 0 else { stop("SGD", "nesterov needs a momentum above 0") }
    self.momentum = momentum
    self.nesterov = nesterov
    super.init(
      model, learningRate: learningRate, weightDecay: weightDecay, states: momentum > 0 ? ["velocity"] : [])
  }

  package override var isFused: Bool { true }

  package override func fusedUpdate(_ step: FusedUpdate, measuring norms: UnsafeMutablePointer<StepNorms>?) {
    OptimizerKernels.sgd(
      step.w, step.g, velocity: momentum > 0 ? step.pointer(0) : nil, count: step.count,
      learningRate: step.learningRate, momentum: momentum, nesterov: nesterov, weightDecay: step.weightDecay,
      norms: norms)
  }
}
