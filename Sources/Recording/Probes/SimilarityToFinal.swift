import Autodiff
import NeuralNetworks
import RunFile

/// How like a layer's outputs are to what they are at the end of training, which tells which layers learn first:
/// `similarity_to_final`, from 0 to 1, noted at the end for the steps that were looked at.
///
/// Linear CKA of the outputs for the same inputs: with the centred products K = X Xᵀ of n samples' outputs then and L at the end,
/// Σ K L / √(Σ K² Σ L²). The model is evaluated on the inputs at each look, without the tape. It rises with the number of units
/// over samples, so compare layers of one width.
///
/// Keeps n (n + 1) / 2 numbers a layer and look, 8 KB for 64 samples; when there are more looks than allowed, every second one is
/// forgotten and from then on left out.
///
/// Source: Kornblith et al., "Similarity of neural network representations revisited", 2019, arXiv:1905.00414; Raghu et al.,
/// "SVCCA", 2017, arXiv:1706.05806.
public struct SimilarityToFinal: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.similarityToFinal.rawValue, quantity: "linear CKA of outputs for fixed inputs to those at the end", unit: "1",
    cost: "a forward pass of 64 samples and a product of their outputs a layer; at most 0.4 MB a layer",
    source: "Kornblith et al. 2019, arXiv:1905.00414")
  /// The model's input.
  public let needs: ProbeNeeds = .inputs

  private let samples: Int
  private let looks: Int
  private var inputs: Tensor?
  private struct Look {
    let step: Int
    /// By layer.
    let products: [Int: Tensor]
  }
  private var kept: [Look] = []
  private var interval = 1
  private var count = 0
  private var layers: [ProbedLayer] = []

  /// A probe that evaluates the model on `inputs`; without, on the first `samples` of the first recorded batch. It keeps at most
  /// so many `looks`, 50 by default.
  public init(on inputs: Tensor? = nil, samples: Int = 64, looks: Int = 50) {
    guard samples >= 2, looks >= 2 else {
      fatalError("SimilarityToFinal: \(samples) samples and \(looks) looks, 2 or more are needed")
    }
    (self.inputs, self.samples, self.looks) = (inputs?.detached(), samples, looks)
  }

  /// Keeps what the layers are like.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    layers = step.layers
    if inputs == nil { inputs = step.input(samples: samples, for: about.name)?.copied() }
    guard let inputs else { return }
    defer { count += 1 }
    guard count % interval == 0 else { return }
    kept.append(Look(step: step.number, products: products(step.model) { _ = step.output(for: inputs) }))
    if kept.count > looks {
      kept = kept.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
      interval *= 2
    }
  }

  /// Notes the similarities.
  public mutating func finish(_ report: FinalReport) throws {
    guard let inputs, !kept.isEmpty else { return }
    let final = products(report.model) { _ = report.output(for: inputs) }
    for look in kept {
      for layer in layers {
        guard let then = look.products[layer.index], let last = final[layer.index] else { continue }
        let sums = Recording.products(then, last)
        let size = (sums.firstSquareSum * sums.secondSquareSum).squareRoot()
        // Outputs that don't differ are like nothing.
        if size > 0 { try report.record(.similarityToFinal, sums.productSum / size, of: layer, step: look.step) }
      }
    }
  }

  /// The products of a layer's outputs; of several outputs of one call those of all together, side by side.
  private func products(_ model: Module, _ call: () -> Void) -> [Int: Tensor] {
    let count = inputs?.shape[0]
    var found: [Int: Tensor] = [:]
    let places = Dictionary(grouping: layers) { ObjectIdentifier($0.module) }
    withoutGradients {
      model.evaluated {
        model.outputs(of: call) { module, callIndex, output in
          guard let layer = places[ObjectIdentifier(module)]?.first(where: { $0.callIndex == callIndex }),
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

/// The products of all pairs of rows of x [n, …] less the mean row, each once: a half of the matrix, with what is off its
/// diagonal times √2, so that products of two such are those of the matrices.
private func centredProducts(_ x: Tensor) -> Tensor {
  let n = x.shape[0]
  let rows = x.reshaped([n, x.elementCount / n])
  let centred = rows - rows.mean(axes: [0], keepingDimensions: true)
  let products = matmul(centred, centred, transposeRight: true)
  return Tensor(shape: [n * (n + 1) / 2]) { half in
    products.withValues { products in
      var place = 0
      for i in 0..<n {
        for j in 0...i {
          half[place] = products[i * n + j] * (i == j ? 1 : Float(2).squareRoot())
          place += 1
        }
      }
    }
  }
}
