import Autodiff

/// The settings of one parameter.
struct ParameterSettings {
  var learningRateFactor: Float = 1
  var weightDecay: Float
  var isFrozen = false
}

extension Optimizer {
  /// Gives the parameters whose paths match `pattern` settings of their own: a factor on the learning rate, another weight
  /// decay, or frozen, which leaves weights and the optimizer's state unchanged.
  ///
  /// `*` matches one component of a path, `**` any number. An argument that is nil leaves its setting unchanged; if several
  /// calls set the same parameter, the last call wins. Throws a `HookError` with the nearest paths if nothing matches. Stops
  /// the program if a factor or weight decay is negative or not finite.
  ///
  ///     let optimizer = AdamW(model, learningRate: 0.001, weightDecay: 0.1)
  ///     try optimizer.group("**.bias", weightDecay: 0)
  ///     try optimizer.group("stem.**", isFrozen: true)
  public func group(
    _ pattern: String, learningRateFactor: Float? = nil, weightDecay: Float? = nil, isFrozen: Bool? = nil
  ) throws {
    if let learningRateFactor, !(learningRateFactor >= 0 && learningRateFactor.isFinite) {
      stop("group", "the learning rate factor is \(learningRateFactor); it must be 0 or more and finite")
    }
    let decay = weightDecay.map(checked)
    groupVersion += 1
    for index in try indices(of: paths, matching: pattern, "parameter") {
      if let learningRateFactor { settings[index].learningRateFactor = learningRateFactor }
      if let decay { settings[index].weightDecay = decay }
      if let isFrozen { settings[index].isFrozen = isFrozen }
    }
  }
}

/// The weight decay. Stops the program if it is negative or not finite.
func checked(weightDecay: Float) -> Float {
  guard weightDecay >= 0, weightDecay.isFinite else {
    stop("Optimizer", "the weight decay is \(weightDecay); it must be 0 or more and finite")
  }
  return weightDecay
}

extension Optimizer {
  /// Whether the optimizer holds a parameter.
  package func holds(_ parameter: Parameter) -> Bool { parameters.contains { $0 === parameter } }

  /// The largest weight decay of a parameter; 0 if there are no parameters.
  package var largestWeightDecay: Float { settings.map(\.weightDecay).max() ?? 0 }

  /// The parameters whose learning rate is not the optimizer's, with the factor on it.
  package var learningRateFactors: [(parameter: Parameter, factor: Float)] {
    zip(parameters, settings).compactMap { $1.learningRateFactor == 1 ? nil : ($0, $1.learningRateFactor) }
  }

  /// The number of the thread's last backward pass that reached one of its parameters; 0 if there was none.
  package var lastBackwardPass: Int64 { parameters.reduce(0) { max($0, $1.lastBackwardPass) } }

  /// The path of the first parameter that has a gradient and is not frozen; nil if there is none.
  package var firstGradientLeft: String? {
    parameters.indices.first { parameters[$0].gradient != nil && !settings[$0].isFrozen }.map { paths[$0] }
  }

  /// Whether the optimizer leaves a parameter that it holds unchanged.
  package func isFrozen(_ parameter: Parameter) -> Bool {
    parameters.firstIndex { $0 === parameter }.map { settings[$0].isFrozen } ?? false
  }
}

// Changes of a training that is tried again.

extension Optimizer {
  /// Adds parameters, with states of zeros and the weight decay that the optimizer was made with; false if there are none.
  package func add(_ added: [(path: String, parameter: Parameter)]) -> Bool {
    for (path, parameter) in added {
      parameters.append(parameter)
      paths.append(path)
      states.append(stateNames.map { _ in Tensor(repeating: 0, shape: parameter.shape) })
      settings.append(ParameterSettings(weightDecay: initialWeightDecay))
      updateCounts.append(0)
      parameter.optimizerCount += 1
    }
    return !added.isEmpty
  }

  /// Replaces weight decays above 0 by another; false where there is none.
  package func replaceWeightDecay(by decay: Float) -> Bool {
    let decayed = settings.indices.filter { settings[$0].weightDecay > 0 }
    for index in decayed { settings[index].weightDecay = checked(weightDecay: decay) }
    return !decayed.isEmpty
  }

  /// Unfreezes the parameters for which a condition holds; false where none of them is frozen.
  package func unfreeze(where holds: (Parameter) -> Bool) -> Bool {
    let frozen = settings.indices.filter { settings[$0].isFrozen && holds(parameters[$0]) }
    for index in frozen { settings[index].isFrozen = false }
    return !frozen.isEmpty
  }
}
