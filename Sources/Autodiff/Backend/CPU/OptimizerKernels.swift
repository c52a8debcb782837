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

  /// Runs a kernel from an offset on over a number of elements, together `count`; it measures the step where `norms` is given.
  @inline(__always)
  fileprivate static func measured(
    _ count: Int, into norms: UnsafeMutablePointer<StepNorms>?,
    _ kernel: (Int, Int, UnsafeMutablePointer<step_norms>?) -> Void
  ) {
    guard let norms else { return inChunks(of: count) { kernel($0.lowerBound, $0.count, nil) } }
    norms.pointee = StepNorms(measured(count) { kernel($0, $1, $2) })
  }

  /// The norms that a kernel adds up, as above.
  @inline(__always)
  fileprivate static func measured(
    _ count: Int, _ kernel: (Int, Int, UnsafeMutablePointer<step_norms>) -> Void
  ) -> step_norms {
    reducedInChunks(of: count) {
      var measured = step_norms()
      kernel($0.lowerBound, $0.count, &measured)
      return measured
    } join: { sum, part in
      sum.weight += part.weight
      sum.gradient += part.gradient
      sum.update += part.update
      sum.largest_gradient = larger(sum.largest_gradient, part.largest_gradient)
      sum.nonfinite_gradients += part.nonfinite_gradients
    }
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
    StepNorms.measured(count, into: norms) { first, count, norms in
      sgd_step(
        weights + first, gradient + first, velocity.map { $0 + first }, count, learningRate, momentum, nesterov,
        weightDecay, norms)
    }
  }

  /// A step of RMSProp; without momentum where `velocity` is nil.
  package static func rmsprop(
    _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, square: UnsafeMutablePointer<Float>,
    velocity: UnsafeMutablePointer<Float>?, count: Int, learningRate: Float, smoothing: Float, momentum: Float,
    epsilon: Float, weightDecay: Float, norms: UnsafeMutablePointer<StepNorms>?
  ) {
    StepNorms.measured(count, into: norms) { first, count, norms in
      rmsprop_step(
        weights + first, gradient + first, square + first, velocity.map { $0 + first }, count, learningRate, smoothing,
        momentum, epsilon, weightDecay, norms)
    }
  }

  /// A step of Adagrad.
  package static func adagrad(
    _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, sum: UnsafeMutablePointer<Float>,
    count: Int, learningRate: Float, epsilon: Float, weightDecay: Float, norms: UnsafeMutablePointer<StepNorms>?
  ) {
    StepNorms.measured(count, into: norms) { first, count, norms in
      adagrad_step(
        weights + first, gradient + first, sum + first, count, learningRate, epsilon, weightDecay, norms)
    }
  }

  /// A step of Adam: w ← shrinkage · w − learningRate · m / (√v · rootScale + ε). The caller puts the corrections of early
  /// steps into `learningRate` and `rootScale`, and decoupled weight decay into `shrinkage`.
  package static func adam(
    _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>,
    square: UnsafeMutablePointer<Float>, count: Int, learningRate: Float, beta1: Float, beta2: Float,
    rootScale: Float, epsilon: Float, weightDecay: Float, shrinkage: Float, norms: UnsafeMutablePointer<StepNorms>?
  ) {
    StepNorms.measured(count, into: norms) { first, count, norms in
      adam_step(
        weights + first, gradient + first, mean + first, square + first, count, learningRate, beta1, beta2, rootScale,
        epsilon, weightDecay, shrinkage, norms)
    }
  }

  /// The norms of a step from weights `old` to `new`, for a rule that has no fused kernel.
  package static func measure(
    from old: UnsafePointer<Float>, to new: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, count: Int
  ) -> StepNorms {
    StepNorms(
      StepNorms.measured(count) { first, count, norms in
        measure_step(old + first, new + first, gradient + first, count, norms)
      })
  }
}

extension Tensor {
  /// factor · x, not on the tape.
  package func scaledWithoutTape(by factor: Float) -> Tensor {
    let output = Buffer(shape: shape)
    withFloat32 { x in
      inChunks(of: elementCount) {
        scale_offset(x + $0.lowerBound, factor, 0, output.pointer + $0.lowerBound, $0.count)
      }
    }
    return Tensor(shape: shape, buffer: output)
  }

  /// max(−limit, min(limit, x)), not on the tape; NaN stays NaN.
  package func clippedWithoutTape(to limit: Float) -> Tensor {
    let output = Buffer(shape: shape)
    withFloat32 { x in
      inChunks(of: elementCount) { clip_values(x + $0.lowerBound, limit, output.pointer + $0.lowerBound, $0.count) }
    }
    return Tensor(shape: shape, buffer: output)
  }
}
