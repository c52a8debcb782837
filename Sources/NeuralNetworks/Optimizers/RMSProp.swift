import Autodiff

/// RMSProp: steps divided by the root of an exponential moving average of the squared gradient, with momentum if it is above 0.
///
/// g ← g + λ w, v ← α v + (1 − α) g², d = g / (√v + ε), w ← w − η d; with momentum u ← μ u + d, w ← w − η u. v and u begin
/// as 0. η = 0.01, α = 0.99, μ = 0, ε = 10⁻⁸, λ = 0 by default, as in PyTorch.
///
/// Source: Tieleman and Hinton, "Lecture 6.5: divide the gradient by a running average of its recent magnitude", 2012.
public final class RMSProp: Optimizer {
  private let smoothing: Float
  private let momentum: Float
  private let epsilon: Float

  /// RMSProp for all parameters of a model; `smoothing` is α. Stops the program unless smoothing and momentum are at least 0
  /// and below 1.
  public init(
    _ model: Module, learningRate: Float = 0.01, smoothing: Float = 0.99, momentum: Float = 0, epsilon: Float = 1e-8,
    weightDecay: Float = 0
  ) {
    guard (0..<1).contains(smoothing), (0..<1).contains(momentum) else {
      stop("RMSProp", "smoothing is \(smoothing) and momentum \(momentum); both must be at least 0 and below 1")
    }
    self.smoothing = smoothing
    self.momentum = momentum
    self.epsilon = epsilon
    super.init(
      model, learningRate: learningRate, weightDecay: weightDecay,
      states: momentum > 0 ? ["square", "velocity"] : ["square"])
  }

  package override var isFused: Bool { true }

  package override func fusedUpdate(_ step: FusedUpdate, measuring norms: UnsafeMutablePointer<StepNorms>?) {
    OptimizerKernels.rmsprop(
      step.w, step.g, square: step.pointer(0), velocity: momentum > 0 ? step.pointer(1) : nil, count: step.count,
      learningRate: step.learningRate, smoothing: smoothing, momentum: momentum, epsilon: epsilon,
      weightDecay: step.weightDecay, norms: norms)
  }
}
