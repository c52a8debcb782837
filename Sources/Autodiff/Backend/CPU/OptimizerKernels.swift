import CKernels

/// Sums of squares and the largest gradient element of one optimizer step of one parameter.
package struct StepNorms: Sendable {
  /// Σ w² of the weights before the step.
  package var weight = 0.0
  /// Σ g² of the gradient.
  package var gradient = 0.0
  /// Σ (w′ − w)² of the change that the step made, rounding included.
  package var update = 0.0
  /// max |g|; NaN if any element is NaN.
  package var largestGradient: Float = 0
  /// The number of elements of the gradient that are NaN or infinite.
  package var nonfiniteGradients = 0

  /// All zeros.
  package init() {}

  fileprivate init(_ norms: step_norms) {
    weight = norms.weight
    gradient = norms.gradient
    update = norms.update
    largestGradient = norms.largest_gradient
    nonfiniteGradients = norms.nonfinite_gradients
  }

  /// Runs a kernel, which measures the step where `norms` is given.
  @inline(__always)
  fileprivate static func measured(
    into norms: UnsafeMutablePointer<StepNorms>?, _ kernel: (UnsafeMutablePointer<step_norms>?) -> Void
  ) {
    guard let norms else { return kernel(nil) }
    var measured = step_norms()
    kernel(&measured)
    norms.pointee = StepNorms(measured)
  }
}

/// Fused optimizer steps: each updates the `count` weights of one parameter and its state in one pass over memory.
///
/// Where `norms` is given, the same pass measures the step. The formulas are those of the optimizers' documentation.
package enum OptimizerKernels {
  /// A step of stochastic gradient descent; without momentum where `velocity` is nil.
  package static func sgd(
    _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>?,
    count: Int, learningRate: Float, momentum: Float, nesterov: Bool, weightDecay: Float,
    norms: UnsafeMutablePointer<StepNorms>?
  ) {
    StepNorms.measured(into: norms) {
      sgd_step(weights, gradient, velocity, count, learningRate, momentum, nesterov, weightDecay, $0)
    }
  }

  /// A step of RMSProp; without momentum where `velocity` is nil.
  package static func rmsprop(
    _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, square: UnsafeMutablePointer<Float>,
    velocity: UnsafeMutablePointer<Float>?, count: Int, learningRate: Float, smoothing: Float, momentum: Float,
    epsilon: Float, weightDecay: Float, norms: UnsafeMutablePointer<StepNorms>?
  ) {
    StepNorms.measured(into: norms) {
      rmsprop_step(
        weights, gradient, square, velocity, count, learningRate, smoothing, momentum, epsilon, weightDecay, $0)
    }
  }

  /// A step of Adagrad.
  package static func adagrad(
    _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, sum: UnsafeMutablePointer<Float>,
    count: Int, learningRate: Float, epsilon: Float, weightDecay: Float, norms: UnsafeMutablePointer<StepNorms>?
  ) {
    StepNorms.measured(into: norms) {
      adagrad_step(weights, gradient, sum, count, learningRate, epsilon, weightDecay, $0)
    }
  }

  /// A step of Adam: w ← shrinkage · w − learningRate · m / (√v · rootScale + ε). The caller puts the corrections of early
  /// steps into `learningRate` and `rootScale`, and decoupled weight decay into `shrinkage`.
  package static func adam(
    _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>,
    square: UnsafeMutablePointer<Float>, count: Int, learningRate: Float, beta1: Float, beta2: Float,
    rootScale: Float, epsilon: Float, weightDecay: Float, shrinkage: Float, norms: UnsafeMutablePointer<StepNorms>?
  ) {
    StepNorms.measured(into: norms) {
      adam_step(
        weights, gradient, mean, square, count, learningRate, beta1, beta2, rootScale, epsilon, weightDecay,
        shrinkage, $0)
    }
  }

  /// The norms of a step from weights `old` to `new`, for a rule that has no fused kernel.
  package static func measure(
    from old: UnsafePointer<Float>, to new: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, count: Int
  ) -> StepNorms {
    var norms = step_norms()
    measure_step(old, new, gradient, count, &norms)
    return StepNorms(norms)
  }
}

extension Tensor {
  /// factor · x, not on the tape.
  package func scaledWithoutTape(by factor: Float) -> Tensor {
    Tensor(shape: shape) { y in withFloat32 { scale_offset($0, factor, 0, y.baseAddress!, y.count) } }
  }

  /// max(−limit, min(limit, x)), not on the tape; NaN stays NaN.
  package func clippedWithoutTape(to limit: Float) -> Tensor {
    Tensor(shape: shape) { y in withFloat32 { clip_values($0, limit, y.baseAddress!, y.count) } }
  }
}
