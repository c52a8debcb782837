import Autodiff

/// Multiplies a loss before its gradients are taken and divides these afterwards, so that small ones survive being stored in
/// float16, whose smallest magnitude is 6·10⁻⁸.
///
/// The scale begins as 65,536. A step whose gradients are not all finite is skipped and halves the scale; 2,000 steps in a row
/// that are not skipped double it, as far as Float32 goes.
///
///     scaler.scaled(loss).backward()
///     scaler.step(optimizer)
///
/// Gradients have the scale until then, so they are clipped in the step, by `optimizer.beforeStep`.
///
/// Source: Micikevicius et al., "Mixed precision training", 2017, arXiv:1710.03740.
public final class LossScaler {
  /// What the loss is multiplied by.
  public internal(set) var scale: Float
  private let growthInterval: Int
  /// How many steps have not been skipped since the scale was changed.
  var stepsSinceChange = 0

  /// Stops unless the scale is above 0 and finite, and the interval at least 1.
  public init(scale: Float = 65_536, growthInterval: Int = 2000) {
    guard scale > 0, scale.isFinite, growthInterval >= 1 else {
      stop("LossScaler", "scale \(scale), interval \(growthInterval): above 0 and finite, and at least 1 are needed")
    }
    (self.scale, self.growthInterval) = (scale, growthInterval)
  }

  /// The loss times the scale. Its gradients have the scale too until `step` divides them; hooks see them divided already.
  public func scaled(_ loss: Tensor) -> Tensor { loss.scaledLoss(by: scale) }

  /// Divides the gradients by the scale and has the optimizers step; with gradients that are not all finite it clears them
  /// instead and returns false. Optimizers that share a scale step together, since the scale changes afterwards.
  @discardableResult
  public func step(_ optimizers: Optimizer...) -> Bool {
    var seen: Set<ObjectIdentifier> = []
    let reached = optimizers.flatMap(\.parameters).filter {
      $0.gradient != nil && seen.insert(ObjectIdentifier($0)).inserted
    }
    // Frozen parameters would have every step skipped, whatever is wrong with their gradients.
    let areFinite = optimizers.flatMap(\.gradientsInUse).allSatisfy { _, gradient in
      gradient.gradientSums().nonfinite == 0
    }
    guard areFinite else {
      for optimizer in optimizers { optimizer.skipStep(atScale: scale) }
      (scale, stepsSinceChange) = (max(scale / 2, .leastNormalMagnitude), 0)
      return false
    }
    withoutGradients { for parameter in reached { parameter.gradient = parameter.gradient! * (1 / scale) } }
    for optimizer in optimizers { optimizer.step() }
    stepsSinceChange += 1
    if stepsSinceChange >= growthInterval { (scale, stepsSinceChange) = (min(scale * 2, 0x1p127), 0) }
    return true
  }
}
