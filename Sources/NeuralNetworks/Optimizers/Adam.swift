import Autodiff
import Foundation

/// Adam: steps from exponential moving averages of the gradient and of its square.
///
/// g ← g + λ w, m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← w − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε) at the
/// parameter's step t = 1, 2, …; m and v begin as 0. η = 0.001, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸, λ = 0 by default. For decoupled weight
/// decay use `AdamW`.
///
/// Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2014, arXiv:1412.6980.
public final class Adam: Optimizer {
  private let rule: AdamRule

  /// Adam for all parameters of a model. Stops the program unless both betas are at least 0 and below 1.
  public init(
    _ model: Module, learningRate: Float = 0.001, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 0
  ) {
    rule = AdamRule("Adam", beta1, beta2, epsilon)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, states: AdamRule.states)
  }

  package override var isFused: Bool { true }

  package override func fusedUpdate(_ step: FusedUpdate, measuring norms: UnsafeMutablePointer<StepNorms>?) {
    rule.apply(step, decay: step.weightDecay, shrinkage: 1, norms)
  }
}

/// Adam with decoupled weight decay: the decay is not part of the gradient, so the moving averages do not see it.
///
/// w ← (1 − η λ) w with the learning rate η and the weight decay λ, then Adam's step without weight decay. η = 0.001, β₁ = 0.9,
/// β₂ = 0.999, ε = 10⁻⁸, λ = 0.01 by default, as in PyTorch.
///
/// Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2017, arXiv:1711.05101.
public final class AdamW: Optimizer {
  private let rule: AdamRule

  /// AdamW for all parameters of a model. Stops the program unless both betas are at least 0 and below 1.
  public init(
    _ model: Module, learningRate: Float = 0.001, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 0.01
  ) {
    rule = AdamRule("AdamW", beta1, beta2, epsilon)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, states: AdamRule.states)
  }

  package override var isFused: Bool { true }

  package override func fusedUpdate(_ step: FusedUpdate, measuring norms: UnsafeMutablePointer<StepNorms>?) {
    let shrinkage = Float(1 - Double(step.learningRate) * Double(step.weightDecay))
    rule.apply(step, decay: 0, shrinkage: shrinkage, norms)
  }
}

/// The step that Adam and AdamW share.
private struct AdamRule {
  static let states = ["mean", "square"]
  let beta1, beta2, epsilon: Float

  init(_ name: String, _ beta1: Float, _ beta2: Float, _ epsilon: Float) {
    guard (0..<1).contains(beta1), (0..<1).contains(beta2) else {
      stop(name, "betas are \(beta1) and \(beta2); they must be at least 0 and below 1")
    }
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  func apply(
    _ step: FusedUpdate, decay: Float, shrinkage: Float, _ norms: UnsafeMutablePointer<StepNorms>?
  ) {
    // In Float64, since 1 − 0.999 loses half of its digits in Float32.
    let meanCorrection = 1 - pow(Double(beta1), Double(step.step))
    let squareCorrection = 1 - pow(Double(beta2), Double(step.step))
    OptimizerKernels.adam(
      step.w, step.g, mean: step.pointer(0), square: step.pointer(1), count: step.count,
      learningRate: Float(Double(step.learningRate) / meanCorrection), beta1: beta1, beta2: beta2,
      rootScale: Float(1 / squareCorrection.squareRoot()), epsilon: epsilon, weightDecay: decay, shrinkage: shrinkage,
      norms: norms)
  }
}
