/// −log softmax(logits)[label] for each row: logits [n, classes], n labels from 0 to classes − 1; the mean over rows by default, or
/// their sum, or with `.none` a tensor [n].
///
/// Where all logits are equal the loss is ln(classes). Softmax and logarithm are computed together, so large logits neither
/// overflow nor lose digits. The loss is in Float32.
///
/// With `classWeights` w, one per class, a row's loss is multiplied by w[label], and the mean divides by Σ w[label] instead of n.
/// With `labelSmoothing` ε, 0 by default, the label has the weight 1 − ε in a row's loss, and ε is spread evenly over
/// −w log softmax(logits) of all classes. A row whose label is `ignoreIndex`, such as the padding of a sequence, has the loss and the
/// gradient 0 and is not counted in the mean; if all rows are such, the mean is NaN, as in PyTorch. By default no row is ignored.
///
/// Stops the program if the shapes don't fit, a label or ε is out of range, or the number of class weights is not that of
/// classes. Warns, once per module, if there is one class.
///
/// Source of label smoothing: Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015,
/// arXiv:1512.00567.
public func crossEntropy(
  _ logits: Tensor, _ labels: [Int], classWeights: [Float]? = nil, labelSmoothing: Float = 0, ignoreIndex: Int? = nil,
  reduction: Reduction = .mean
) -> Tensor {
  let targets = ClassTargets(
    "crossEntropy", labels, for: logits, "logits", classWeights, labelSmoothing, ignoreIndex: ignoreIndex)
  let given = logits
  let logits = logits.cast(to: .float32)
  let losses = targets.losses(of: logits)
  let scale = reduction == .mean ? 1 / targets.weight : 1
  let output = reduction == .none ? losses : Tensor(Float(losses.sumOfElements() * Double(scale)))
  let loss = record(output, from: logits) { gradient, pass in
    pass.add(gradientOfCrossEntropy(gradient, logits, targets, scale), to: logits)
  }
  OperationWatch.see(
    "crossEntropy", given, .classes(labels.filter { $0 != ignoreIndex }), loss,
    isWeighted: classWeights != nil || labelSmoothing > 0 || reduction == .sum,
    classWeights: labelSmoothing == 0 && reduction == .mean ? classWeights : nil)
  return loss
}

/// g · scale · (softmax(logits) Σ t − t), where t is a row of targets; g is a scalar, or has an element per row.
private func gradientOfCrossEntropy(_ g: Tensor, _ logits: Tensor, _ targets: ClassTargets, _ scale: Float) -> Tensor {
  guard tapeIsOn else { return targets.gradient(of: logits, g, scale: scale) }
  // In operations that have gradients themselves.
  let rows = targets.matrix
  let factor = g.shape.isEmpty ? g : g.reshaped(targets.labels.count, 1)
  // What an ignored row holds, such as NaN, reaches nothing.
  let isCounted = Tensor(targets.labels.map { $0 < 0 ? 0 : 1 }, shape: [targets.labels.count, 1])
  let logits = targets.labels.contains { $0 < 0 } ? Tensor.where(isCounted .!= 0, logits, Tensor(0)) : logits
  return (shares(logits) * rows.sum(axes: [1], keepingDimensions: true) - rows) * (factor * scale)
}

extension ClassTargets {
  /// Stops the program, in the name of `operation`, unless there is a label for each row of `scores`, which are `what`, and a weight for
  /// each class, all within their ranges.
  init(
    _ operation: String, _ labels: [Int], for scores: Tensor, _ what: String, _ classWeights: [Float]?,
    _ smoothing: Float = 0, ignoreIndex: Int? = nil
  ) {
    guard scores.shape.count == 2, scores.shape[0] == labels.count, scores.shape[1] > 0 else {
      stop(operation, "\(what) of shape \(scores.shape) for \(labels.count) labels, [labels, classes] is needed")
    }
    let classes = scores.shape[1]
    if classes == 1, !labels.isEmpty {
      warnOnce(
        operation,
        "there is one class, so the loss is always 0 and has no gradient; for yes or no use two classes, or binaryCrossEntropy"
      )
    }
    for (row, label) in labels.enumerated() where (label < 0 || label >= classes) && label != ignoreIndex {
      let advice = label < 0 && ignoreIndex == nil ? "; rows to leave out are named by ignoreIndex" : ""
      stop(operation, "label \(label) in row \(row), labels are 0 to \(classes - 1)\(advice)")
    }
    if let count = classWeights?.count, count != classes {
      stop(operation, "\(count) class weights for \(classes) classes")
    }
    guard (0...1).contains(smoothing) else {
      stop(operation, "the label smoothing is \(smoothing), it is 0 to 1")
    }
    self.init(
      labels: labels.map { $0 == ignoreIndex ? -1 : Int32(truncatingIfNeeded: $0) }, classWeights: classWeights,
      smoothing: smoothing,
      classes: classes)
  }

  /// The number that the mean divides by.
  var weight: Float {
    Float(labels.reduce(0.0) { $1 < 0 ? $0 : $0 + Double(classWeights?[Int($1)] ?? 1) })
  }

  /// t[row, class] = w[class] ((1 − ε) (class is the row's label) + ε / classes).
  fileprivate var matrix: Tensor {
    Tensor(shape: [labels.count, classes]) { elements in
      for (row, label) in labels.enumerated() {
        for column in 0..<classes {
          let share = (column == Int(label) ? 1 - smoothing : 0) + smoothing / Float(classes)
          elements[row * classes + column] = label < 0 ? 0 : share * (classWeights?[column] ?? 1)
        }
      }
    }
  }
}
