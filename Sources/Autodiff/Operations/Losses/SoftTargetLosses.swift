// Losses whose targets are probabilities of classes, rows that add up to 1, instead of labels.

/// −Σ t log softmax(logits) over classes, for each row of logits [n, classes] and targets t of the same shape; the mean over rows by
/// default, or their sum, or with `.none` a tensor [n].
///
/// Targets are probabilities, such as a mixture of labels or another net's softmax; a row that is 1 at one class and 0 elsewhere gives
/// `crossEntropy(_:_:)` of that label. With `classWeights` w, one per class, t is multiplied by w; the mean still divides by n, as in
/// PyTorch. With `labelSmoothing` ε, 0 by default, t is (1 − ε) t + ε / classes before. Gradients flow to targets on the tape too. The
/// loss is in Float32.
///
/// Stops the program if the shapes don't fit, a target is outside of 0 to 1, the sum of a row of targets differs from 1 by more than
/// 10⁻³, or 10⁻² in 16 bits, ε is out of range, or the number of class weights is not that of classes. Warns, once per module, if there is one class.
///
/// Source: Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015, arXiv:1503.02531.
public func crossEntropy(
  _ logits: Tensor, _ targets: Tensor, classWeights: [Float]? = nil, labelSmoothing: Float = 0,
  reduction: Reduction = .mean
) -> Tensor {
  let operation = "crossEntropy"
  checkRows(operation, logits, targets)
  let classes = logits.shape[1]
  if let count = classWeights?.count, count != classes {
    stop(operation, "\(count) class weights for \(classes) classes")
  }
  guard (0...1).contains(labelSmoothing) else {
    stop(operation, "the label smoothing is \(labelSmoothing), it is 0 to 1")
  }
  var t = targets.cast(to: .float32)
  if labelSmoothing > 0 { t = (1 - labelSmoothing) * t + labelSmoothing / Float(classes) }
  if let classWeights { t = t * Tensor(classWeights, shape: [classes]) }
  let losses = -(t * logSoftmax(logits.cast(to: .float32))).sum(axes: [1])
  return seen(
    operation, logits, targets, reduction(losses),
    isWeighted: classWeights != nil || labelSmoothing > 0 || reduction == .sum)
}

/// The divergence Σ t (ln t − q) of Kullback and Leibler over classes, for each row of logarithms of probabilities q [n, classes], such as
/// `logSoftmax` returns, and of targets t of the same shape; the mean over rows by default, or their sum, or with `.none` a tensor [n].
///
/// It is 0 where exp(q) = t, and t ln t and its derivative are 0 where t is 0. Gradients flow to targets on the tape too. The loss is in Float32.
/// PyTorch's `kl_div` with `reduction="batchmean"` is this mean; its `"mean"` divides by classes too.
///
/// Stops the program if the shapes differ or are not [n, classes], a target is outside of 0 to 1, or the sum of a row of targets differs from 1
/// by more than 10⁻³, or 10⁻² in 16 bits.
///
/// Source: Kullback and Leibler, "On information and sufficiency", 1951, doi:10.1214/aoms/1177729694.
public func klDivergence(_ logProbabilities: Tensor, _ targets: Tensor, reduction: Reduction = .mean) -> Tensor {
  checkRows("klDivergence", logProbabilities, targets)
  let q = logProbabilities.cast(to: .float32), t = targets.cast(to: .float32)
  // Where t is 0 the logarithm is that of 1, so that t ln t and its derivative are 0.
  let logarithms = log(Tensor.where(t .== 0, Tensor(1), t))
  let losses = (t * (logarithms - q)).sum(axes: [1])
  return seen("klDivergence", logProbabilities, targets, reduction(losses), isWeighted: reduction == .sum)
}

/// Stops the program unless both are [n, classes], and each row of targets holds probabilities.
private func checkRows(_ operation: String, _ scores: Tensor, _ targets: Tensor) {
  guard scores.shape.count == 2, scores.shape == targets.shape, scores.shape[1] > 0 else {
    stop(operation, scores.shape, targets.shape, "predictions and targets have one shape, [rows, classes]")
  }
  let advice = "for class numbers write crossEntropy(logits, labels) with an array of Int"
  targets.check(operation, "target", in: 0...1, "targets are probabilities of classes; \(advice)")
  targets.checkRowsSumToOne(operation, advice)
}
