import Autodiff

extension Optimizer {
  /// The Euclidean norm of all gradients taken together, as one long vector; frozen parameters don't count. Summed in Float64.
  public var gradientNorm: Double {
    gradientsInUse.reduce(0) { $0 + $1.gradient.gradientSums().squareSum }
      .squareRoot()
  }

  /// Scales all gradients by one factor, so that their norm is at most `limit`, and returns the norm before. To be called
  /// between `backward()` and `step()`, with a `LossScaler`, whose scale gradients have until its step, as
  /// `optimizer.beforeStep { $0.clipGradients(toNorm: 1) }`.
  ///
  /// g ← g · min(1, limit / ‖g‖), where ‖g‖ is `gradientNorm`. A norm that is NaN or infinite leaves the gradients as they
  /// are: no factor would mend them.
  ///
  /// Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2012, arXiv:1211.5063.
  @discardableResult
  public func clipGradients(toNorm limit: Double) -> Double {
    guard limit > 0 else { stop("clipGradients", "a norm of \(limit), it is above 0") }
    let norm = gradientNorm
    guard norm > limit, norm.isFinite else { return norm }
    let factor = Float(limit / norm)
    for (parameter, gradient) in gradientsInUse {
      parameter.gradient = gradient.scaledWithoutTape(by: factor)
    }
    return norm
  }

  /// Sets each element of a gradient that lies beyond ±`limit` to that limit. To be called between `backward()` and `step()`,
  /// with a `LossScaler` by `beforeStep`.
  ///
  /// g ← max(−limit, min(limit, g)); NaN stays NaN.
  ///
  /// Source: Mikolov, "Statistical language models based on neural networks", 2012.
  public func clipGradients(toValue limit: Float) {
    guard limit > 0 else { stop("clipGradients", "a value of \(limit), it is above 0") }
    for (parameter, gradient) in gradientsInUse {
      parameter.gradient = gradient.clippedWithoutTape(to: limit)
    }
  }

  var gradientsInUse: [(parameter: Parameter, gradient: Tensor)] {
    zip(parameters, settings).compactMap { parameter, settings in
      settings.isFrozen ? nil : parameter.gradient.map { (parameter, $0) }
    }
  }
}
