import Rheoscope

/// The share of rows of `logits` [n, classes] whose largest element is at the label, from 0 to 1. `labels` has n elements.
public func accuracy(of logits: Tensor, _ labels: [Int]) -> Double {
  Double(zip(logits.argmax(), labels).count { $0 == $1 }) / Double(labels.count)
}

/// The share of the first `count` samples that a model classifies correctly, from 0 to 1; of all samples if there are fewer. No
/// gradients are computed.
public func accuracy(of model: Module, on data: Dataset, first count: Int = .max) -> Double {
  withoutGradients {
    var right = 0.0, seen = 0
    for batch in data.inOrder(of: 1_000) where seen < count {
      right += accuracy(of: model(batch.inputs), batch.labels) * Double(batch.labels.count)
      seen += batch.labels.count
    }
    return right / Double(seen)
  }
}
