import Autodiff
import RunFile
import Support

/// The singular values s of the Jacobian ∂(outputs)/∂(inputs) of a sample. Recorded are means over samples:
///
/// - `jacobian_largest_singular_value` and `jacobian_smallest_singular_value`, of min(outputs, inputs) values,
/// - `jacobian_mean_square`: mean(s²),
/// - `jacobian_spread`: variance(s²) / mean(s²)², which is 0 if all singular values are equal (dynamical isometry).
///
/// The net is evaluated on the first samples of the step's batch, after the step. A net with more than 64 outputs is left out, with a
/// warning.
///
/// Source: Pennington, Schoenholz and Ganguli, "Resurrecting the sigmoid in deep learning through dynamical isometry", 2017,
/// arXiv:1711.04735.
public struct JacobianSingularValues: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.jacobianLargestSingularValue.rawValue,
    quantity: "singular values of ∂(outputs)/∂(inputs): largest, smallest, spread",
    unit: "output / input", cost: "a forward pass, and a backward pass for each output",
    source: "Pennington et al. 2017, arXiv:1711.04735")
  /// The model's input.
  public let needs: ProbeNeeds = .inputs
  private static let mostOutputs = 64
  private let samples: Int

  /// A probe of the first `samples` of each batch, 8 by default. Stops the program if `samples` is below 1.
  public init(samples: Int = 8) {
    guard samples >= 1 else {
      stop("JacobianSingularValues", "the number of samples is \(samples); it must be 1 or more")
    }
    self.samples = samples
  }

  /// Records the values.
  public func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    guard let x = step.differentiableInput(samples: samples, for: "jacobian_singular_values") else { return }
    // A checkpoint computes again in the backward pass, so that too runs in evaluation mode.
    step.model.evaluated { record(step, x, into: &results) }
  }

  private func record(_ step: ProbedStep, _ x: Tensor, into results: inout ProbeOutput) {
    let count = x.shape[0], inputs = x.elementCount / count
    let output = step.output(for: x)
    guard output.isOnTape, output.shape.first == count, inputs > 0 else { return }
    let outputs = output.elementCount / count
    guard outputs > 0, outputs <= JacobianSingularValues.mostOutputs else {
      return step.warn(
        "jacobian_singular_values is left out, since it needs a backward pass for each of \(outputs) outputs; at most "
          + "\(JacobianSingularValues.mostOutputs) are supported")
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
      let columnsFirst = transposed(jacobian, rows: outputs, columns: inputs)
      let squares = eigenvalues(
        ofSymmetric: columnProducts(columnsFirst, rows: inputs, columns: outputs), size: outputs
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
