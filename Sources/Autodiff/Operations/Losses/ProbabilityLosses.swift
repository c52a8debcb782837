// Losses of nets that end with probabilities or their logarithms. Where the logits are at hand, `crossEntropy(_:_:)` and
// `binaryCrossEntropy(logits:_:)` are better: a probability near 0 or 1 has lost the digits that its loss depends on.

/// −logProbabilities[label] for each row: logarithms of probabilities [n, classes], such as `logSoftmax` returns, and n labels from 0 to
/// classes − 1; the mean over rows by default, or their sum, or with `.none` a tensor [n].
///
/// With `classWeights` w, one per class, a row's loss is multiplied by w[label], and the mean divides by Σ w[label] instead of n. Rows whose
/// label is `ignoreIndex` are left out as in `crossEntropy(_:_:)`. The loss is in Float32.
///
/// Stops the program if the shapes don't fit, a label is out of range, the number of class weights is not that of classes, or a
/// logarithm is above 0, or 0.01 in 16 bits.
public func negativeLogLikelihood(
  _ logProbabilities: Tensor, _ labels: [Int], classWeights: [Float]? = nil, ignoreIndex: Int? = nil,
  reduction: Reduction = .mean
) -> Tensor {
  let operation = "negativeLogLikelihood"
  let targets = ClassTargets(
    operation, labels, for: logProbabilities, "log probabilities", classWeights, ignoreIndex: ignoreIndex)
  // What rounding leaves of a probability of 1.
  let highest: Float = logProbabilities.precision == .float32 ? 1e-5 : 1e-2
  logProbabilities.check(
    operation, "log probability", in: -Float.infinity...highest,
    "logarithms of probabilities are 0 or less: use logSoftmax, or crossEntropy for logits")
  let loss = targets.reduced(-targets.chosen(operation, from: logProbabilities.cast(to: .float32)), reduction)
  OperationWatch.see(
    operation, logProbabilities, .classes(labels.filter { $0 != ignoreIndex }), loss,
    isWeighted: classWeights != nil || reduction == .sum,
    classWeights: reduction == .mean ? classWeights : nil)
  return loss
}

/// −ln probabilities[label] for each row: probabilities [n, classes], such as `softmax` returns, and n labels from 0 to classes − 1; the
/// mean over rows by default, or their sum, or with `.none` a tensor [n].
///
/// The logarithm is at least −100, and its derivative at most 10¹², so that neither is infinite where a probability is 0. With
/// `classWeights` w, one per class, a row's loss is multiplied by w[label], and the mean divides by Σ w[label] instead of n. The loss is
/// in Float32.
///
/// Stops the program if the shapes don't fit, a label is out of range, the number of class weights is not that of classes, a
/// probability is outside of 0 to 1, or the sum of a row differs from 1 by more than 10⁻³, or 10⁻² in 16 bits.
public func crossEntropy(
  probabilities: Tensor, _ labels: [Int], classWeights: [Float]? = nil, reduction: Reduction = .mean
) -> Tensor {
  let operation = "crossEntropy", advice = "apply softmax to logits, or write crossEntropy(logits, labels)"
  let targets = ClassTargets(operation, labels, for: probabilities, "probabilities", classWeights)
  probabilities.check(operation, "probability", in: 0...1, "it must be from 0 to 1: \(advice)")
  probabilities.checkRowsSumToOne(operation, advice)
  let loss = targets.reduced(-boundedLog(targets.chosen(operation, from: probabilities.cast(to: .float32))), reduction)
  OperationWatch.see(
    "crossEntropy(probabilities:)", probabilities, .classes(labels), loss,
    isWeighted: classWeights != nil || reduction == .sum, classWeights: reduction == .mean ? classWeights : nil)
  return loss
}

/// −t ln p − (1 − t) ln(1 − p), element by element, for probabilities p, such as `sigmoid` returns, and targets t from 0 to 1 of the same
/// shape; the mean over all elements, a scalar, by default.
///
/// As in PyTorch, the logarithms are at least −100, and the derivative is (p − t) / max(p (1 − p), 10⁻¹²), so that neither is infinite
/// where a probability is 0 or 1. The loss is in Float32.
///
/// Stops the program if the shapes differ, or a probability or a target is outside of 0 to 1.
public func binaryCrossEntropy(
  probabilities: Tensor, _ target: Tensor, reduction: Reduction = .mean
) -> Tensor {
  let operation = "binaryCrossEntropy"
  check(operation, probabilities, target)
  probabilities.check(
    operation, "probability", in: 0...1,
    "it must be from 0 to 1: apply sigmoid to logits, or write binaryCrossEntropy(logits: logits, target)")
  target.check(operation, "target", in: 0...1, binaryTargetAdvice)
  let p = probabilities.cast(to: .float32), t = target.cast(to: .float32)
  let losses = withoutGradients { -(t * boundedLog(p) + (1 - t) * boundedLogOfComplement(p)) }
  let recorded = record(losses, from: p, t) { gradient, pass in
    pass.add(gradient * (p - t) / (p * (1 - p)).clamped(to: smallest...), to: p)
    pass.add(gradient * (boundedLogOfComplement(p) - boundedLog(p)), to: t)
  }
  return seen(
    "binaryCrossEntropy(probabilities:)", probabilities, target, reduction(recorded), isWeighted: reduction == .sum)
}

/// What a target of a binary cross-entropy must be.
let binaryTargetAdvice = "it must be from 0 to 1: 1 for a positive, 0 for a negative, or a probability"

/// The least divisor of derivatives, as in PyTorch.
private let smallest: Float = 1e-12

/// max(ln p, −100), with the derivative 1 / max(p, 10⁻¹²).
private func boundedLog(_ p: Tensor) -> Tensor {
  record(withoutGradients { log(p).clamped(to: (-100)...) }, from: p) { gradient, pass in
    pass.add(gradient / p.clamped(to: smallest...), to: p)
  }
}

/// max(ln(1 − p), −100), with the derivative −1 / max(1 − p, 10⁻¹²).
///
/// 1 − p loses the digits of a small p, and with them its logarithm; the quotient by what is left of p makes up for it. Source: Goldberg, "What
/// every computer scientist should know about floating-point arithmetic", 1991, theorem 4.
private func boundedLogOfComplement(_ p: Tensor) -> Tensor {
  let value = withoutGradients {
    let rest = 1 - p
    return Tensor.where(rest .== 1, -p, log(rest) * p / (1 - rest)).clamped(to: (-100)...)
  }
  return record(value, from: p) { gradient, pass in pass.add(-gradient / (1 - p).clamped(to: smallest...), to: p) }
}

extension ClassTargets {
  /// The element that its label names of each row that is not ignored, [rows], of scores [n, classes].
  fileprivate func chosen(_ operation: String, from scores: Tensor) -> Tensor {
    guard scores.elementCount <= Int32.max else {
      stop(operation, "\(scores.shape) has more elements than can be numbered")
    }
    let rows = keptRows
    let indices = GatherIndices(count: rows.count) { indices in
      for (position, row) in rows.enumerated() { indices[position] = Int32(row * classes) + labels[row] }
    }
    return gathered(scores, indices, to: [rows.count])
  }

  /// The losses of rows that are not ignored, weighted by class and reduced.
  fileprivate func reduced(_ losses: Tensor, _ reduction: Reduction) -> Tensor {
    let rows = keptRows
    let weighted = classWeights.map { weights in
      losses * Tensor(rows.map { weights[Int(labels[$0])] }, shape: losses.shape)
    }
    switch reduction {
    case .mean: return (weighted ?? losses).sum() * (1 / weight)
    case .sum: return (weighted ?? losses).sum()
    case .none:
      guard rows.count < labels.count else { return weighted ?? losses }
      let indices = GatherIndices(count: rows.count) { indices in
        for (position, row) in rows.enumerated() { indices[position] = Int32(row) }
      }
      return scattered(weighted ?? losses, indices, to: [labels.count])
    }
  }

  /// The rows that are not ignored.
  private var keptRows: [Int] { labels.indices.filter { labels[$0] >= 0 } }
}
