import Autodiff
import RunFile

/// How a net stretches its inputs: of the singular values s of a sample's Jacobian ∂(outputs)/∂(inputs), the mean over samples of
/// the largest and the smallest, `jacobian_largest_singular_value` and `jacobian_smallest_singular_value`, of the mean of s²,
/// `jacobian_mean_square`, and of the variance of s² over the square of its mean, `jacobian_spread`, which is 0 for a net that
/// stretches alike in all directions.
///
/// Of min(outputs, inputs) values. The net is evaluated on the first samples of the step's batch, after the step. A net of more
/// than 64 outputs is left out, with a word.
///
/// Source: Pennington, Schoenholz and Ganguli, "Resurrecting the sigmoid in deep learning through dynamical isometry", 2017,
/// arXiv:1711.04735.
public struct JacobianSingularValues: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.jacobianLargestSingularValue.rawValue,
    quantity: "singular values of ∂(outputs)/∂(inputs): largest, smallest, spread",
    unit: "output / input", cost: "a forward pass, and a backward pass for each output",
    source: "Pennington et al. 2017, arXiv:1711.04735")
  /// The model's input.
  public let needs: ProbeNeeds = .inputs
  private static let mostOutputs = 64
  private let samples: Int

  /// A probe of so many samples of each batch, 8 by default.
  public init(samples: Int = 8) {
    guard samples >= 1 else { fatalError("JacobianSingularValues: \(samples) samples, it is 1 or more") }
    self.samples = samples
  }

  /// Notes the values.
  public func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    guard let x = step.differentiableInput(samples: samples, for: "jacobian_singular_values") else { return }
    // Also when a checkpoint computes again, the model is evaluated.
    step.model.evaluated { record(step, x, into: &results) }
  }

  private func record(_ step: ProbedStep, _ x: Tensor, into results: inout ProbeOutput) {
    let count = x.shape[0], inputs = x.elementCount / count
    let output = step.output(for: x)
    guard output.isOnTape, output.shape.first == count, inputs > 0 else { return }
    let outputs = output.elementCount / count
    guard outputs > 0, outputs <= JacobianSingularValues.mostOutputs else {
      return step.warn(
        "the singular values of the Jacobian take a backward pass for each output, and \(outputs) are too many; at most "
          + "\(JacobianSingularValues.mostOutputs) are taken")
    }
    let flat = output.reshaped([count, outputs])
    // [outputs, inputs] for each sample.
    var jacobians = [[Double]](repeating: [], count: count)
    for index in 0..<outputs {
      let unit = Tensor(shape: [outputs]) { for k in $0.indices { $0[k] = k == index ? 1 : 0 } }
      let gradient = gradients(of: (flat * unit).sum(), withRespectTo: [x], keepingTape: true)[0]
      gradient.withValues { values in
        for sample in 0..<count {
          jacobians[sample] += values[sample * inputs..<(sample + 1) * inputs].map(Double.init)
        }
      }
    }
    var largest = 0.0, smallest = 0.0, meanSquare = 0.0, spread = 0.0
    let rank = min(outputs, inputs), n = Double(count), size = Double(rank)
    for jacobian in jacobians {
      let turned = transposed(jacobian, rows: outputs, columns: inputs)
      let squares = eigenvalues(
        ofSymmetric: columnProducts(turned, rows: inputs, columns: outputs), size: outputs
      ).prefix(rank).map { max($0, 0) }
      let mean = squares.reduce(0, +) / size
      largest += squares[0].squareRoot() / n
      smallest += squares[rank - 1].squareRoot() / n
      meanSquare += mean / n
      spread += squares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / size / (mean * mean) / n
    }
    results.record(.jacobianLargestSingularValue, largest)
    results.record(.jacobianSmallestSingularValue, smallest)
    results.record(.jacobianMeanSquare, meanSquare)
    if spread.isFinite { results.record(.jacobianSpread, spread) }
  }
}
