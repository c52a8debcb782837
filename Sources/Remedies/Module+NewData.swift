import Autodiff
import NeuralNetworks

// What remedies do to the inputs and the outputs of a model, by hooks.

extension Module {
  /// Standardizes inputs by the moments of their features over the training batches so far.
  func standardizeInputs() {
    let moments = RunningMoments()
    attachInputHook { [unowned self] input in
      if isTraining { moments.add(input) }
      return moments.standardized(input)
    }
  }

  /// Replaces inputs that are not finite by the means of their features over the training batches so far.
  func replaceNonfiniteInputs() {
    let moments = RunningMoments()
    attachInputHook { [unowned self] input in
      if isTraining { moments.add(input) }
      return moments.filled(input)
    }
  }

  /// Scales outputs to targets of this mean and standard deviation, and gradients of the outputs by 1 / deviation², which trains as
  /// standardized targets do, at the loss of the given ones. False unless the deviation is above 0.
  func scaleOutputs(mean: Float, deviation: Float) -> Bool {
    guard deviation > 0, deviation.isFinite, mean.isFinite else { return false }
    attachOutputHook { $0 * deviation + mean }
    _ = try? onBackward("") { _, gradient in gradient * (1 / (deviation * deviation)) }
    return true
  }
}

/// The means and variances of features, the last dimension of inputs, over batches. Values that are not finite are left out.
private final class RunningMoments {
  private var counts: [Double] = [], sums: [Double] = [], squares: [Double] = []

  func add(_ batch: Tensor) {
    let width = batch.shape.last ?? 1
    if counts.count != width { (counts, sums, squares) = (zeros(width), zeros(width), zeros(width)) }
    for (index, value) in batch.values.enumerated() where value.isFinite {
      let feature = index % width, number = Double(value)
      counts[feature] += 1
      sums[feature] += number
      squares[feature] += number * number
    }
  }

  /// (x − mean) / deviation; features that never vary become 0.
  func standardized(_ batch: Tensor) -> Tensor {
    (batch - Tensor(means, shape: [means.count])) * Tensor(scales, shape: [means.count])
  }

  /// x with the means in place of what is not finite.
  func filled(_ batch: Tensor) -> Tensor {
    let values = batch.values, means = means
    guard values.contains(where: { !$0.isFinite }) else { return batch }
    return Tensor(
      values.enumerated().map { $1.isFinite ? $1 : means[$0 % means.count] }, shape: batch.shape)
  }

  private var means: [Float] { zip(sums, counts).map { Float($0 / max($1, 1)) } }

  /// 1 / deviation; 1 where the variance is rounding alone.
  private var scales: [Float] {
    counts.indices.map { feature in
      let count = max(counts[feature], 1), mean = sums[feature] / count
      let variance = squares[feature] / count - mean * mean
      return variance > 1e-10 * mean * mean ? Float(1 / variance.squareRoot()) : 1
    }
  }

  private func zeros(_ count: Int) -> [Double] { [Double](repeating: 0, count: count) }
}
