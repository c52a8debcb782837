import NeuralNetworks
import RunFile

/// The scalars of optimizers, each at the steps where it changes: the learning rates of all but the first, whose learning rates are columns
/// of the table `step`, and the scale of the loss.
struct OptimizerScalars {
  private let optimizers: [Optimizer]
  /// What was written last; −1 before.
  private var rates: [Double], scales: [Double]

  init(_ optimizers: [Optimizer]) {
    self.optimizers = optimizers
    rates = optimizers.map { _ in -1 }
    scales = rates
  }

  /// Calls `write` with what has changed since the last call.
  mutating func takeChanges(_ write: (_ name: String, _ value: Double) throws -> Void) rethrows {
    for index in optimizers.indices {
      if index > 0, rates[index] != Double(optimizers[index].learningRate) {
        rates[index] = Double(optimizers[index].learningRate)
        try write(Scalar.learningRate(ofOptimizer: index + 1), rates[index])
      }
      if let scale = optimizers[index].lossScale, scales[index] != Double(scale) {
        scales[index] = Double(scale)
        try write(Scalar.lossScale(ofOptimizer: index + 1), scales[index])
      }
    }
  }

  func save(to state: inout SavedState) {
    state.numbers["scalar_rates"] = rates
    state.numbers["scalar_scales"] = scales
  }

  mutating func restore(from state: SavedState) throws {
    rates = try state.numbers("scalar_rates", rates.count) ?? rates
    scales = try state.numbers("scalar_scales", scales.count) ?? scales
  }
}
