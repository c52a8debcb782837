import Autodiff

extension Optimizer {
  /// The Euclidean norm ‖g‖ of all gradients of parameters that are not frozen, as one long vector; summed in Float64.
  public var gradientNorm: Double { [self].gradientNorm }

  /// Scales all gradients by one factor, so that their norm is at most `limit`, and returns the norm before clipping.
  ///
  /// g ← g · min(1, limit / ‖g‖), where ‖g‖ is `gradientNorm`. If the norm is NaN or infinite, the gradients are left
  /// unchanged, since no factor fixes them. Call it between `backward()` and `step()`; with a `LossScaler`, whose scale
  /// gradients have until its step, as `optimizer.beforeStep { $0.clipGradients(toNorm: 1) }`. Stops the program unless `limit`
  /// is above 0, and if the optimizer steps in the backward pass.
  ///
  /// Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2012, arXiv:1211.5063.
  @discardableResult
  public func clipGradients(toNorm limit: Double) -> Double { [self].clipGradients(toNorm: limit) }

  /// Sets each element of a gradient that is beyond ±`limit` to that limit.
  ///
  /// g ← max(−limit, min(limit, g)); NaN stays NaN. Call it between `backward()` and `step()`, with a `LossScaler` in
  /// `beforeStep`. Stops the program unless `limit` is above 0.
  ///
  /// Source: Mikolov, "Statistical language models based on neural networks", 2012.
  public func clipGradients(toValue limit: Float) { [self].clipGradients(toValue: limit) }

  /// The parameters that have a gradient and are not frozen.
  var gradientsInUse: [(parameter: Parameter, gradient: Tensor)] {
    zip(parameters, settings).compactMap { parameter, settings in
      settings.isFrozen ? nil : parameter.gradient.map { (parameter, $0) }
    }
  }
}

/// How often the gradients of an optimizer were clipped to a norm.
package struct ClippingCount {
  /// The number of calls of `clipGradients(toNorm:)`, and of those in which the norm was above the limit.
  package private(set) var calls = 0, clipped = 0
  /// The sum of norm / limit over the clipped ones.
  package private(set) var ratioSum = 0.0
  /// The last limit.
  package private(set) var limit = 0.0

  mutating func add(norm: Double, limit: Double) {
    calls += 1
    self.limit = limit
    guard norm > limit, norm.isFinite else { return }
    clipped += 1
    ratioSum += norm / limit
  }
}

extension Collection where Element: Optimizer {
  /// As `Optimizer.gradientNorm`, over the parameters of all optimizers; a parameter of several counts once.
  public var gradientNorm: Double {
    gradientsInUse.reduce(0) { $0 + $1.gradient.gradientSums().squareSum }.squareRoot()
  }

  /// As `Optimizer.clipGradients(toNorm:)`, with one norm and one factor for the parameters of all optimizers.
  /// Stops the program unless `limit` is above 0.
  @discardableResult
  public func clipGradients(toNorm limit: Double) -> Double {
    guard limit > 0 else { stop("clipGradients", "the norm is \(limit); it must be above 0") }
    let norm = gradientNorm, limit = lazy.compactMap(\.clippingNorm).first ?? limit
    for optimizer in self { optimizer.clipping.add(norm: norm, limit: limit) }
    guard norm > limit, norm.isFinite else { return norm }
    let factor = Float(limit / norm)
    for (parameter, gradient) in gradientsInUse { parameter.gradient = gradient.scaledWithoutTape(by: factor) }
    return norm
  }

  /// As `Optimizer.clipGradients(toValue:)`, for the parameters of all optimizers. Stops the program unless `limit` is above 0.
  public func clipGradients(toValue limit: Float) {
    guard limit > 0 else { stop("clipGradients", "the value is \(limit); it must be above 0") }
    for (parameter, gradient) in gradientsInUse { parameter.gradient = gradient.clippedWithoutTape(to: limit) }
  }

  private var gradientsInUse: [(parameter: Parameter, gradient: Tensor)] {
    if contains(where: \.stepsInBackward) {
      stop(
        "clipGradients",
        "an optimizer steps in the backward pass and has released its gradients; clip in onParameterGradient, or remove the handle of "
          + "stepInBackward()")
    }
    var seen: Set<ObjectIdentifier> = []
    return flatMap(\.gradientsInUse).filter { seen.insert(ObjectIdentifier($0.parameter)).inserted }
  }
}
