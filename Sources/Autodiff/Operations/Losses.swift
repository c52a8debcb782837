import CKernels

/// The mean over rows of −log softmax(logits)[label]: logits [n, classes], n labels from 0 ..< classes, to a scalar.
///
/// A net that has learned nothing, all logits equal, sits at ln(classes). Softmax and logarithm are taken together, so
/// large logits neither overflow nor lose the loss.
public func crossEntropy(_ logits: Tensor, _ labels: [Int]) -> Tensor {
  let codes = checked(labels, for: logits, "crossEntropy")
  let rows = logits.shape[0], classes = logits.shape[1]
  let losses = Buffer(count: rows)
  cross_entropy_rows(logits.buffer.pointer, codes, losses.pointer, rows, classes)
  let mean = Float(sum_all(losses.pointer, rows) / Double(rows))
  return record(Tensor(mean), from: logits) { gradient, sweep in
    sweep.add(gradientOfCrossEntropy(gradient, logits, codes), to: logits)
  }
}

/// The gradient (softmax(logits) − onehot(labels)) · g / n.
private func gradientOfCrossEntropy(_ g: Tensor, _ logits: Tensor, _ codes: [Int32]) -> Tensor {
  let rows = logits.shape[0], classes = logits.shape[1]
  guard !tapeIsOn else {
    // Spelled out in operations that have gradients themselves.
    let answers = Tensor(shape: logits.shape) { elements in
      elements.update(repeating: 0)
      for (row, code) in codes.enumerated() { elements[row * classes + Int(code)] = 1 }
    }
    return (softmax(logits) - answers) * (g * (1 / Float(rows)))
  }
  return logits.map { x, y, _ in cross_entropy_gradient(x, codes, g.value / Float(rows), y, rows, classes) }
}

private func checked(_ labels: [Int], for logits: Tensor, _ operation: String) -> [Int32] {
  guard logits.shape.count == 2, logits.shape[0] == labels.count, logits.shape[1] > 0 else {
    stop(operation, "logits of shape \(logits.shape) for \(labels.count) labels, [labels, classes] is needed")
  }
  for (row, label) in labels.enumerated() where label < 0 || label >= logits.shape[1] {
    stop(operation, "label \(label) in row \(row), labels run from 0 to \(logits.shape[1] - 1)")
  }
  return labels.map { Int32(truncatingIfNeeded: $0) }
}

/// eˣ / Σ eˣ over the last dimension.
public func softmax(_ x: Tensor) -> Tensor {
  guard let classes = x.shape.last, classes > 0 else {
    stop("softmax", "the shape \(x.shape) has no last dimension to sum over")
  }
  let output = x.map { x, y, n in softmax_rows(x, y, n / classes, classes) }
  return recordKeepingOutput(output, from: x) { output, gradient, sweep in
    let weighted = gradient * output
    sweep.add(weighted - output * weighted.sum(axes: [-1], keepingDimensions: true), to: x)
  }
}

/// The mean of (prediction − target)² over all elements, a scalar.
public func meanSquaredError(_ prediction: Tensor, _ target: Tensor) -> Tensor {
  guard prediction.shape == target.shape else {
    stop("meanSquaredError", prediction.shape, target.shape, "prediction and target have one shape")
  }
  return (prediction - target).squared().mean()
}
