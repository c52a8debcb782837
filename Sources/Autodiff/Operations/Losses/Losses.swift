/// How the losses of elements or rows are reduced.
public enum Reduction: Sendable {
  /// Their mean, a scalar; NaN if there are none.
  case mean
  /// Their sum, a scalar.
  case sum
  /// No reduction: the result is the tensor of losses.
  case none

  func callAsFunction(_ losses: Tensor) -> Tensor {
    switch self {
    case .mean: losses.mean()
    case .sum: losses.sum()
    case .none: losses
    }
  }
}

// Losses of two tensors of one shape, element by element. Predictions of 16 bits are widened first, so that the loss is in
// Float32.

/// (prediction − target)², element by element; the mean over all elements, a scalar, by default. Stops the program if the
/// shapes of prediction and target differ.
public func meanSquaredError(_ prediction: Tensor, _ target: Tensor, reduction: Reduction = .mean) -> Tensor {
  seen(
    "meanSquaredError", prediction, target, reduction(difference("meanSquaredError", prediction, target).squared()),
    isWeighted: reduction == .sum)
}

/// |prediction − target|, element by element, whose derivative at 0 is 0; the mean over all elements, a scalar, by default.
/// Stops the program if the shapes of prediction and target differ.
public func meanAbsoluteError(_ prediction: Tensor, _ target: Tensor, reduction: Reduction = .mean) -> Tensor {
  seen(
    "meanAbsoluteError", prediction, target, reduction(difference("meanAbsoluteError", prediction, target).absolute()),
    isWeighted: reduction == .sum)
}

/// d² / 2 for differences d = prediction − target up to a threshold δ, and δ (|d| − δ / 2) beyond, element by element, so that
/// no element has a gradient above δ; the mean over all elements, a scalar, by default, δ = 1. Stops the program if the shapes
/// of prediction and target differ or δ is not above 0.
///
/// Source: Huber, "Robust estimation of a location parameter", 1964, doi:10.1214/aoms/1177703732.
public func huberLoss(
  _ prediction: Tensor, _ target: Tensor, threshold: Float = 1, reduction: Reduction = .mean
) -> Tensor {
  guard threshold > 0 else { stop("huberLoss", "the threshold is \(threshold), it must be above 0") }
  let difference = difference("huberLoss", prediction, target)
  let pull = difference.clamped(to: -threshold...threshold)
  return seen(
    "huberLoss", prediction, target, reduction(pull * (difference - 0.5 * pull)), isWeighted: reduction == .sum)
}

/// −t ln p − (1 − t) ln(1 − p), where p = sigmoid(logit), element by element, for targets t from 0 to 1 of the logits' shape; the
/// mean over all elements, a scalar, by default.
///
/// `positiveWeight`, a tensor that broadcasts to the logits' shape, multiplies the first term: values above 1 compensate for rare
/// positives. Both terms are computed from the logit without p, so that neither loses digits. Stops the program if the
/// target's shape is not that of the logits, a target is outside of 0 to 1, or the weight does not broadcast to the logits' shape.
///
/// Source: Cox, "The regression analysis of binary sequences", 1958, doi:10.1111/j.2517-6161.1958.tb00292.x.
public func binaryCrossEntropy(
  logits: Tensor, _ target: Tensor, positiveWeight: Tensor? = nil, reduction: Reduction = .mean
) -> Tensor {
  check("binaryCrossEntropy", logits, target)
  if let weight = positiveWeight, weight.shape.broadcast(with: logits.shape) != logits.shape {
    stop("binaryCrossEntropy", weight.shape, logits.shape, "the weight's shape broadcasts to that of the logits")
  }
  let x = logits.cast(to: .float32), t = target.cast(to: .float32)
  t.check("binaryCrossEntropy", "target", in: 0...1, binaryTargetAdvice)
  let weight = positiveWeight ?? Tensor(1)
  let losses = withoutGradients { weight * t * softplus(-x) + (1 - t) * softplus(x) }
  let recorded = record(losses, from: x, t, weight) {
    [first = x.node, second = t.node, third = weight.node] gradient, pass in
    if let first { pass.add(gradient * ((1 - t) * sigmoid(x) - weight * t * sigmoid(-x)), to: first) }
    // The derivative w softplus(−x) − softplus(x), whose difference would lose small logits.
    if let second { pass.add(gradient * ((weight - 1) * softplus(-x) - x), to: second) }
    if let third { pass.add((gradient * t * softplus(-x)).summed(to: third.shape), to: third) }
  }
  return seen(
    "binaryCrossEntropy", logits, target, reduction(recorded), isWeighted: reduction == .sum || positiveWeight != nil)
}

/// Reports the call of a loss function, and returns the loss.
func seen(
  _ function: String, _ prediction: Tensor, _ target: Tensor, _ loss: Tensor, isWeighted: Bool
) -> Tensor {
  OperationWatch.see(function, prediction, .numbers(target), loss, isWeighted: isWeighted)
  return loss
}

private func difference(_ operation: String, _ prediction: Tensor, _ target: Tensor) -> Tensor {
  check(operation, prediction, target)
  return prediction.cast(to: .float32) - target.cast(to: .float32)
}
