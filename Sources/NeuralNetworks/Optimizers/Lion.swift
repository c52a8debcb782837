import Autodiff

/// Lion: each weight changes by the learning rate, in the direction of the sign of an interpolated momentum.
///
/// c = β₁ m + (1 − β₁) g, w ← w − η (sign(c) + λ w), m ← β₂ m + (1 − β₂) g; m begins as 0. The weight decay λ is decoupled from
/// the gradient, as in `AdamW`. η = 0.0001, β₁ = 0.9, β₂ = 0.99, λ = 0 by default. Good learning rates are 3 to 10 times
/// smaller than AdamW's, good weight decays as many times larger.
///
/// Source: Chen et al., "Symbolic discovery of optimization algorithms", 2023, arXiv:2302.06675.
public final class Lion: Optimizer {
  private let beta1, beta2: Float

  /// Lion for all parameters of a model. Stops the program unless both betas are at least 0 and below 1.
  public init(
    _ model: Module, learningRate: Float = 0.0001, beta1: Float = 0.9, beta2: Float = 0.99, weightDecay: Float = 0
  ) {
    guard (0..<1).contains(beta1), (0..<1).contains(beta2) else {
      stop("Lion", "betas are \(beta1) and \(beta2); they must be at least 0 and below 1")
    }
    (self.beta1, self.beta2) = (beta1, beta2)
    super.init(model, learningRate: learningRate, weightDecay: weightDecay, states: ["momentum"])
  }

  /// Assigns the new weight and momentum by the formulas above.
  public override func update(_ step: ParameterUpdate) {
    let gradient = step.gradient, momentum = step.states[0]
    let direction = (beta1 * momentum + (1 - beta1) * gradient).sign()
    // A decay of 0 times an infinite weight would be NaN.
    let change = step.weightDecay == 0 ? direction : direction + step.weightDecay * step.weight
    step.weight = step.weight - step.learningRate * change
    step.states[0] = beta2 * momentum + (1 - beta2) * gradient
  }
}
