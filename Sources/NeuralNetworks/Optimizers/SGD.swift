import Autodiff
import CKernels

/// Stochastic gradient descent, with momentum where it is above 0.
///
/// v ← μ v + g, w ← w − η v; v begins as 0. μ = 0 by default, which is w ← w − η g.
///
/// Sources: Robbins and Monro, "A stochastic approximation method", 1951; Polyak, "Some methods of speeding up the
/// convergence of iteration methods", 1964; in this form Sutskever et al., 2013.
public final class SGD: Optimizer {
  private let momentum: Float
  private var velocities: [Tensor] = []

  /// Gradient descent for all parameters of a model; a momentum of 0 is none.
  public init(_ model: Module, learningRate: Float, momentum: Float = 0) {
    guard momentum >= 0, momentum < 1 else { stop("SGD", "a momentum of \(momentum), it is at least 0 and below 1") }
    self.momentum = momentum
    super.init(model, learningRate: learningRate)
    if momentum > 0 { velocities = makeState() }
  }

  package override func update(
    _ index: Int, _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, _ count: Int,
    _ norms: UnsafeMutablePointer<step_norms>?
  ) {
    let velocity = velocities.isEmpty ? nil : velocities[index].elements
    sgd_step(weights, gradient, velocity, count, learningRate, momentum, norms)
  }
}
