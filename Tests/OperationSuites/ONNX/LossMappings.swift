import Autodiff

/// Losses of classes. ONNX's classes are dimension 1, the project's the last.
let lossMappings: [String: ONNXMapping] = [
  "NegativeLogLikelihoodLoss": { node in
    let x = try classRows(node.tensor(0))
    // The project refuses logarithms of probabilities above 0, which ONNX's cases have. The loss is linear.
    let largest = x.max().value
    let moved = x - largest, constant = Tensor(repeating: -largest, shape: x.shape)
    let (labels, weights, ignored, reduction) = try settings(node)
    func loss(_ x: Tensor) -> Tensor {
      negativeLogLikelihood(
        x, labels.values, classWeights: weights, ignoreIndex: ignored, reduction: reduction)
    }
    let total = loss(moved) - loss(constant.clamped(to: ...0))
    return [reduction == .none ? total.reshaped(labels.shape) : total]
  },
  "SoftmaxCrossEntropyLoss": { node in
    let x = try node.tensor(0), (labels, weights, ignored, reduction) = try settings(node)
    let loss = crossEntropy(
      classRows(x), labels.values, classWeights: weights, ignoreIndex: ignored, reduction: reduction)
    return [reduction == .none ? loss.reshaped(labels.shape) : loss, logSoftmax(x, axis: 1)]
  },
]

/// [n, classes, …] to [n · …, classes].
private func classRows(_ x: Tensor) -> Tensor {
  x.shape.count == 2 ? x : channelsLast(x).reshaped([x.elementCount / x.shape[1], x.shape[1]])
}

private func settings(_ node: ONNXNode) throws -> (Indices, [Float]?, Int?, Reduction) {
  let labels = try node.labels(1), weights = try node.tensorIfAny(2)?.values
  let ignored = node.has("ignore_index") ? node.integer("ignore_index", 0) : nil
  let reductions: [String: Reduction] = ["mean": .mean, "sum": .sum, "none": .none]
  return (labels, weights, ignored, reductions[node.text("reduction", "mean")]!)
}
