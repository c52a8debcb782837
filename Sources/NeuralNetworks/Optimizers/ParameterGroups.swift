import Autodiff

/// How one parameter is treated otherwise than the rest.
struct ParameterSettings {
  var learningRateFactor: Float = 1
  var weightDecay: Float
  var isFrozen = false
}

extension Optimizer {
  /// Treats the parameters whose paths fit `pattern` otherwise than the rest: learning rate times a factor, another weight
  /// decay, or frozen, which leaves weights and the optimizer's state as they are. What is nil stays as it is, and of several
  /// calls for a parameter the last one counts.
  ///
  /// `*` is one component of a path, `**` any number. Throws a `HookError` with the nearest paths if nothing fits.
  ///
  ///     let optimizer = AdamW(model, learningRate: 0.001, weightDecay: 0.1)
  ///     try optimizer.group("**.bias", weightDecay: 0)
  ///     try optimizer.group("stem.**", isFrozen: true)
  public func group(
    _ pattern: String, learningRateFactor: Float? = nil, weightDecay: Float? = nil, isFrozen: Bool? = nil
  ) throws {
    if let learningRateFactor, !(learningRateFactor >= 0 && learningRateFactor.isFinite) {
      stop("group", "a learning rate factor of \(learningRateFactor), it is 0 or more and finite")
    }
    let decay = weightDecay.map(checked)
    groupVersion += 1
    for index in try indices(of: paths, fitting: pattern, "parameter") {
      if let learningRateFactor { settings[index].learningRateFactor = learningRateFactor }
      if let decay { settings[index].weightDecay = decay }
      if let isFrozen { settings[index].isFrozen = isFrozen }
    }
  }
}

/// The weight decay. Stops if it is negative or not finite.
func checked(weightDecay: Float) -> Float {
  guard weightDecay >= 0, weightDecay.isFinite else {
    stop("Optimizer", "a weight decay of \(weightDecay), it is 0 or more and finite")
  }
  return weightDecay
}

extension Optimizer {
  /// Whether the optimizer holds a parameter.
  package func holds(_ parameter: Parameter) -> Bool { parameters.contains { $0 === parameter } }

  /// Whether the optimizer leaves a parameter that it holds unchanged.
  package func isFrozen(_ parameter: Parameter) -> Bool {
    parameters.firstIndex { $0 === parameter }.map { settings[$0].isFrozen } ?? false
  }
}
