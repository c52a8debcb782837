import Autodiff
import NeuralNetworks
import RunFile

/// The gradients of the loss with respect to the input: at each observed step `input_gradient_norm`, the mean over samples of ‖∂ℓᵢ/∂xᵢ‖;
/// and at the last observed step `input_gradient.0`, `input_gradient.1`, …, the mean over samples and observed steps of |∂ℓᵢ/∂xᵢⱼ| for
/// each feature j.
///
/// A feature is an element of a sample. With more than 4096 features only the norm is recorded. The loss is the mean over the step's
/// batch, with the parameters after the step and without the model's hooks; `Recorder.step` needs `again`.
///
/// Source: Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", 2013, arXiv:1312.6034.
public struct InputGradients: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.inputGradientNorm.rawValue, quantity: "mean ‖∂ℓᵢ/∂xᵢ‖; mean |∂ℓᵢ/∂xᵢⱼ| of each feature",
    unit: "loss / input",
    cost: "a forward and a backward pass", source: "Simonyan et al. 2013, arXiv:1312.6034")
  /// The closure that computes the loss again.
  public let needs: ProbeNeeds = .lossAgain

  private static let mostFeatures = 4096
  private var sums: [Double] = []
  private var samples = 0
  private var lastStep = 0

  /// A probe without settings.
  public init() {}

  /// Records the norm.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    guard let again = step.again else { return }
    var leaves: [Tensor] = [], loss = Tensor(0)
    let handle = step.model.observeInputs { _, input in
      leaves.append(input.requiringGradient())
      return leaves.last
    }
    let indices = step.model.tokenIndices { loss = again() }
    handle.remove()
    guard !indices.contains(where: \.isOnTape) else { return step.warnOfIndices(about.name) }
    guard leaves.first?.shape.first != 0 else { return step.warnOfEmptyBatch(about.name) }
    guard leaves.count == 1, loss.isOnTape, let count = leaves[0].shape.first else {
      return step.warn(
        "\(about.name) needs a model that is called once, with one tensor, when the loss is computed, so it is left out"
      )
    }
    let gradient = gradients(of: loss, withRespectTo: leaves)[0]
    let norms = rowSquares(gradient, rows: count).map { $0.squareRoot() * Double(count) }
    results.record(.inputGradientNorm, norms.reduce(0, +) / Double(count))
    let features = gradient.elementCount / count
    guard features <= InputGradients.mostFeatures, sums.isEmpty || sums.count == features else { return }
    if sums.isEmpty { sums = Array(repeating: 0, count: features) }
    gradient.withValues { values in
      for sample in 0..<count {
        for feature in 0..<features {
          sums[feature] += Double(abs(values[sample * features + feature])) * Double(count)
        }
      }
    }
    samples += count
    lastStep = step.number
  }

  /// Adds the sums over steps.
  public func save(to state: inout SavedState, _ layers: [ProbedLayer]) {
    state.numbers = ["sums": sums, "samples": [Double(samples)], "last_step": [Double(lastStep)]]
  }

  /// Takes over what `save` added. Throws a `SavedStateError` if that is not what it can be.
  public mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws {
    sums = state.numbers["sums"] ?? []
    samples = try state.counts("samples").first ?? 0
    lastStep = try state.counts("last_step").first ?? 0
  }

  /// Records the features. Throws a `RunFileError` if writing has failed.
  public mutating func finish(_ report: FinalReport) throws {
    for (feature, sum) in sums.enumerated() {
      try report.record("input_gradient.\(feature)", sum / Double(samples), of: nil, step: lastStep)
    }
  }
}
