import CKernels

/// −log softmax(logits)[label] for each row: logits [n, classes], n labels from 0 ..< classes; the mean by default.
///
/// A net that has learned nothing, all logits equal, sits at ln(classes). Softmax and logarithm are taken together, so
/// large logits neither overflow nor lose the loss.
///
/// With `classWeights` w, one a class, a row's loss is multiplied by w[label], and the mean is that of rows so weighted: the
/// sum over Σ w[label]. With `labelSmoothing` ε, 0 by default, the label's part of the loss is 1 − ε, and the other ε is spread
/// evenly over all classes' −w log softmax(logits).
///
/// Source of label smoothing: Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015,
/// arXiv:1512.00567.
public func crossEntropy(
  _ logits: Tensor, _ labels: [Int], classWeights: [Float]? = nil, labelSmoothing: Float = 0,
  reduction: Reduction = .mean
) -> Tensor {
  let targets = Targets(labels, for: logits, classWeights, labelSmoothing)
  let logits = logits.cast(to: .float32)
  let losses = Tensor(shape: [targets.rows], buffer: Buffer(count: targets.rows))
  targets.withKernelTargets {
    cross_entropy_rows(logits.buffer.pointer, $0, losses.elements, targets.rows, targets.classes)
  }
  let scale = reduction == .mean ? 1 / targets.weight : 1
  let output =
    reduction == .none ? losses : Tensor(Float(sum_all(losses.buffer.pointer, targets.rows) * Double(scale)))
  return record(output, from: logits) { gradient, pass in
    pass.add(gradientOfCrossEntropy(gradient, logits, targets, scale), to: logits)
  }
}

/// g · scale · (softmax(logits) Σ t − t), where t is a row of targets; g is one number, or one for each row.
private func gradientOfCrossEntropy(_ g: Tensor, _ logits: Tensor, _ targets: Targets, _ scale: Float) -> Tensor {
  guard !tapeIsOn else {
    // Spelled out in operations that have gradients themselves.
    let spelled = targets.spelledOut
    let factor = g.shape.isEmpty ? g : g.reshaped(targets.rows, 1)
    return (softmax(logits) * spelled.sum(axes: [1], keepingDimensions: true) - spelled) * (factor * scale)
  }
  return targets.withKernelTargets { kernelTargets in
    logits.map { x, d, _ in
      cross_entropy_gradient(
        x, kernelTargets, g.buffer.pointer, g.shape.isEmpty ? 0 : 1, scale, d, targets.rows, targets.classes)
    }
  }
}

/// What the rows' classes should be.
private struct Targets {
  let rows: Int
  let classes: Int
  private let labels: [Int32]
  private let classWeights: [Float]?
  private let smoothing: Float

  /// Stops unless there is a label for each row and a weight for each class, all within their ranges.
  init(_ labels: [Int], for logits: Tensor, _ classWeights: [Float]?, _ smoothing: Float) {
    guard logits.shape.count == 2, logits.shape[0] == labels.count, logits.shape[1] > 0 else {
      stop("crossEntropy", "logits of shape \(logits.shape) for \(labels.count) labels, [labels, classes] is needed")
    }
    (rows, classes) = (logits.shape[0], logits.shape[1])
    for (row, label) in labels.enumerated() where label < 0 || label >= classes {
      stop("crossEntropy", "label \(label) in row \(row), labels run from 0 to \(classes - 1)")
    }
    if let count = classWeights?.count, count != classes {
      stop("crossEntropy", "\(count) class weights for \(classes) classes")
    }
    guard (0...1).contains(smoothing) else {
      stop("crossEntropy", "the label smoothing is \(smoothing), it lies between 0 and 1")
    }
    self.labels = labels.map { Int32(truncatingIfNeeded: $0) }
    self.classWeights = classWeights
    self.smoothing = smoothing
  }

  /// What the mean divides by.
  var weight: Float {
    guard let classWeights else { return Float(rows) }
    return Float(labels.reduce(0.0) { $0 + Double(classWeights[Int($1)]) })
  }

  func withKernelTargets<Result>(_ body: (class_targets) -> Result) -> Result {
    labels.withUnsafeBufferPointer { labels in
      // An empty array may have no address, but then none is read.
      let labels = labels.baseAddress ?? UnsafePointer(bitPattern: 4)!
      guard let classWeights else { return body(class_targets(labels: labels, weights: nil, smoothing: smoothing)) }
      return classWeights.withUnsafeBufferPointer {
        body(class_targets(labels: labels, weights: $0.baseAddress, smoothing: smoothing))
      }
    }
  }

  /// t[row, class] = w[class] ((1 − ε) (class is the row's label) + ε / classes).
  var spelledOut: Tensor {
    Tensor(shape: [rows, classes]) { elements in
      for (row, label) in labels.enumerated() {
        for column in 0..<classes {
          let share = (column == Int(label) ? 1 - smoothing : 0) + smoothing / Float(classes)
          elements[row * classes + column] = share * (classWeights?[column] ?? 1)
        }
      }
    }
  }
}
