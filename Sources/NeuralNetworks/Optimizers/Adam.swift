import Autodiff
import CKernels
import Foundation

/// Adam: steps scaled by running means of the gradient and of its square.
///
/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← w − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε) at step t = 1, 2, …;
/// m and v begin as 0. η = 0.001, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸ by default.
///
/// Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2014, arXiv:1412.6980.
public final class Adam: Optimizer {
  private let beta1: Float
  private let beta2: Float
  private let epsilon: Float
  private var means: [Tensor] = []
  private var squares: [Tensor] = []
  private var stepCount = 0

  /// Adam for all parameters of a model.
  public init(
    _ model: Module, learningRate: Float = 0.001, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8
  ) {
    guard (0..<1).contains(beta1), (0..<1).contains(beta2) else {
      stop("Adam", "betas of \(beta1) and \(beta2), they are at least 0 and below 1")
    }
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    super.init(model, learningRate: learningRate)
    means = makeState()
    squares = makeState()
  }

  package override func beginStep() { stepCount += 1 }

  package override func update(
    _ index: Int, _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, _ count: Int,
    _ norms: UnsafeMutablePointer<step_norms>?
  ) {
    adam_step(
      weights, gradient, means[index].elements, squares[index].elements, count, learningRate, beta1, beta2,
      Float(1 - pow(Double(beta1), Double(stepCount))), Float(1 - pow(Double(beta2), Double(stepCount))), epsilon, norms
    )
  }
}
