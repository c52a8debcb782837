import Autodiff

/// Scales a loss before the backward pass and unscales the gradients before the step, so that small gradients do not become 0 in
/// float16, whose smallest magnitude is 6·10⁻⁸.
///
/// The scale begins as 65,536. A step whose gradients are not all finite is skipped and halves the scale; 2,000 steps without
/// a skip double it, within Float32's range.
///
///     scaler.scaled(loss).backward()
///     scaler.step(optimizer)
///
/// Gradients are scaled until that step, so they are clipped in `optimizer.beforeStep`.
///
/// Source: Micikevicius et al., "Mixed precision training", 2017, arXiv:1710.03740.
public final class LossScaler {
  /// The factor on the loss.
  public internal(set) var scale: Float
  private let growthInterval: Int
  /// The number of steps since the scale changed; none of them was skipped.
  var stepsSinceChange = 0

  /// A scaler that begins with `scale` and doubles it after `growthInterval` steps without a skip. Stops the program unless the
  /// scale is above 0 and finite, and the interval at least 1.
  public init(scale: Float = 65_536, growthInterval: Int = 2000) {
    guard scale > 0, scale.isFinite, growthInterval >= 1 else {
      stop(
        "LossScaler",
        "the scale is \(scale) and the interval \(growthInterval); the scale must be above 0 and finite, the interval at least 1"
      )
    }
    (self.scale, self.growthInterval) = (scale, growthInterval)
  }

  /// The loss times the scale, a scalar. Its gradients are scaled until `step`; hooks see them unscaled.
  public func scaled(_ loss: Tensor) -> Tensor { loss.scaledLoss(by: scale) }

  /// Divides the gradients by the scale and calls `step()` of each optimizer. If a gradient is not finite, it clears the gradients
  /// instead and returns false. Optimizers that share a scale step together, since the scale changes afterwards.
  @discardableResult
  public func step(_ optimizers: Optimizer...) -> Bool { step(optimizers) }

  /// As `step(_:)` with several optimizers, given as an array.
  @discardableResult
  public func step(_ optimizers: [Optimizer]) -> Bool {
    guard !isAbandoned else { return false }
    var seen: Set<ObjectIdentifier> = []
    let reached = optimizers.flatMap(\.parameters).filter {
      $0.gradient != nil && seen.insert(ObjectIdentifier($0)).inserted
    }
    // A frozen parameter's gradient is not used, so it must not cause a skip.
    let areFinite = optimizers.flatMap(\.gradientsInUse).allSatisfy { _, gradient in
      gradient.gradientSums().nonfinite == 0
    }
    guard areFinite else {
      for optimizer in optimizers { optimizer.skipStep(atScale: scale) }
      (scale, stepsSinceChange) = (max(scale / 2, .leastNormalMagnitude), 0)
      return false
    }
    withoutGradients { for parameter in reached { parameter.gradient = parameter.gradient! * (1 / scale) } }
    for optimizer in optimizers {
      optimizer.lossScale = scale
      optimizer.step()
    }
    stepsSinceChange += 1
    if stepsSinceChange >= growthInterval { (scale, stepsSinceChange) = (min(scale * 2, 0x1p127), 0) }
    return true
  }
}
