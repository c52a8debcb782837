import Autodiff
import NeuralNetworks
import RunFile
import Support

/// The similarity of a layer's outputs to those of the trained layer: `similarity_to_final`, from 0 to 1. Layers that learn first reach 1
/// first.
///
/// Linear CKA of the outputs for the same n samples: Σ K L / √(Σ K² Σ L²), with K = X Xᵀ of the centred outputs X at a step and L that of
/// the trained layer. The model is evaluated on the samples at each observed step, without the tape; numbers are recorded at the end
/// of training. CKA increases with units / samples, so compare layers with the same number of units.
///
/// Keeps n (n + 1) / 2 numbers per layer and observation, 8 KB for 64 samples. When there are more than `observations`, every second
/// one is removed, and from then on only every second step is observed.
///
/// Source: Kornblith et al., "Similarity of neural network representations revisited", 2019, arXiv:1905.00414; Raghu et al.,
/// "SVCCA", 2017, arXiv:1706.05806.
public struct SimilarityToFinal: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.similarityToFinal.rawValue,
    quantity: "linear CKA of outputs for fixed inputs to those of the trained layer", unit: "1",
    cost: "a forward pass of 64 samples, and a product of their outputs per layer; at most 0.4 MB per layer",
    source: "Kornblith et al. 2019, arXiv:1905.00414")
  /// The model's input.
  public let needs: ProbeNeeds = .inputs

  private let samples: Int
  private let observations: Int
  private var inputs: Tensor?
  private struct Observation {
    let step: Int
    /// The products by the index of the layer.
    let products: [Int: Tensor]
  }
  private var kept: [Observation] = []
  private var interval = 1
  private var count = 0
  private var layers: [ProbedLayer] = []

  /// A probe that evaluates the model on `inputs`, [n, …] as the model takes them; by default on the first `samples`, 64, of
  /// the first recorded batch. It keeps at most `observations`, 50 by default. Stops the program if `samples`, `observations`
  /// or the number of rows of `inputs` is below 2.
  public init(on inputs: Tensor? = nil, samples: Int = 64, observations: Int = 50) {
    guard samples >= 2, observations >= 2 else {
      stop("SimilarityToFinal", "samples are \(samples) and observations \(observations); both must be 2 or more")
    }
    if let inputs, (inputs.shape.first ?? 0) < 2 {
      stop("SimilarityToFinal", "the inputs have the shape \(inputs.shape); there must be 2 samples or more")
    }
    (self.inputs, self.samples, self.observations) = (inputs?.detached(), samples, observations)
  }

  /// Keeps the products of the layers' outputs.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    layers = step.layers
    if inputs == nil { inputs = step.input(samples: samples, for: about.name)?.copied() }
    guard let inputs else { return }
    defer { count += 1 }
    guard count % interval == 0 else { return }
    kept.append(Observation(step: step.number, products: products(step.model) { _ = step.output(for: inputs) }))
    if kept.count > observations {
      kept = kept.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
      interval *= 2
    }
  }

  /// Records the similarities. Throws a `RunFileError` if writing has failed.
  public mutating func finish(_ report: FinalReport) throws {
    guard let inputs, !kept.isEmpty else { return }
    let final = products(report.model) { _ = report.output(for: inputs) }
    for observation in kept {
      for layer in layers {
        guard let then = observation.products[layer.index], let last = final[layer.index] else { continue }
        let sums = Recording.products(then, last)
        let size = (sums.firstSquareSum * sums.secondSquareSum).squareRoot()
        // If all outputs are equal, CKA is not defined.
        if size > 0 { try report.record(.similarityToFinal, sums.productSum / size, of: layer, step: observation.step) }
      }
    }
  }

  /// Adds the inputs and what was observed.
  public func save(to state: inout SavedState, _ layers: [ProbedLayer]) {
    state.tensors["inputs"] = inputs
    state.numbers = [
      "steps": kept.map { Double($0.step) }, "interval": [Double(interval)], "count": [Double(count)],
      "layers": self.layers.map { Double($0.index) },
    ]
    for observation in kept {
      for (index, products) in observation.products { state.tensors["\(observation.step).\(index)"] = products }
    }
  }

  /// Takes over what `save` added. Throws a `SavedStateError` if that is not what it can be.
  public mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws {
    inputs = state.tensors["inputs"] ?? inputs
    interval = try max(1, state.counts("interval").first ?? 1)
    count = try state.counts("count").first ?? 0
    let known = Set(try state.counts("layers")), samples = inputs?.shape.first ?? 0
    self.layers = layers.filter { known.contains($0.index) }
    kept = try state.counts("steps").map { step in
      var products: [Int: Tensor] = [:]
      for layer in self.layers {
        products[layer.index] = try state.tensor("\(step).\(layer.index)", [samples * (samples + 1) / 2])
      }
      return Observation(step: step, products: products)
    }
  }

  /// The centred products by the index of the layer; several outputs of a call count as one output of all their units.
  private func products(_ model: Module, _ call: () -> Void) -> [Int: Tensor] {
    let count = inputs?.shape[0]
    var found: [Int: Tensor] = [:]
    let byModule = Dictionary(grouping: layers) { ObjectIdentifier($0.module) }
    withoutGradients {
      model.evaluated {
        model.outputs(of: call) { module, callIndex, output in
          guard let layer = byModule[ObjectIdentifier(module)]?.first(where: { $0.callIndex == callIndex }),
            output.shape.first == count
          else { return }
          let products = centredProducts(output)
          found[layer.index] = found[layer.index].map { $0 + products } ?? products
        }
      }
    }
    return found
  }
}

/// The lower half of X Xᵀ as [n (n + 1) / 2], where X is x [n, …] minus its mean row. Elements off the diagonal are multiplied by √2, so
/// that the dot product of two halves is that of the matrices.
private func centredProducts(_ x: Tensor) -> Tensor {
  let n = x.shape[0]
  let rows = x.reshaped([n, x.elementCount / n])
  let centred = rows - rows.mean(axes: [0], keepingDimensions: true)
  let products = matmul(centred, centred, transposeRight: true)
  return Tensor(shape: [n * (n + 1) / 2]) { half in
    products.withValues { products in
      var index = 0
      for i in 0..<n {
        for j in 0...i {
          half[index] = products[i * n + j] * (i == j ? 1 : Float(2).squareRoot())
          index += 1
        }
      }
    }
  }
}
