import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

/// Activations and losses, and their gradients, against PyTorch 2.13
/// (`Reference/make_activations_and_losses.py`).
@Suite struct ActivationAndLossReferenceTests {
  struct Recorded: Decodable, Sendable {
    let inputs, upstream, target, truth, weights: [Float]
    let labels: [Int]
    let activations: [Activation]
    let losses, halfLosses: [Loss]
    let edges: [Float]
    let edgeSlopes: [EdgeSlopes]
    let endLosses: EndLosses
  }

  struct EndLosses: Decodable, Sendable {
    let inputs, target: [Float]
    let output, gradient: [Double]
  }

  struct Result: Decodable, Sendable {
    let output, gradient: [Double]
  }

  struct Activation: Decodable, Sendable, CustomStringConvertible {
    let name: String
    let rows: [Result]
    var description: String { name }
  }

  struct Loss: Decodable, Sendable, CustomStringConvertible {
    let name, reduction: String
    let output, gradient: [Double]
    var description: String { "\(name) \(reduction)" }
  }

  struct EdgeSlopes: Decodable, Sendable, CustomStringConvertible {
    let name: String
    let slopes: [Double]
    var description: String { name }
  }

  static let recorded = try! reference("NeuralNetworksTests/Reference/activations_and_losses.json", as: Recorded.self)

  private func module(_ name: String) throws -> Module {
    let modules = [
      "ReLU": ReLU(), "Sigmoid": Sigmoid(), "Tanh": Tanh(), "LeakyReLU": LeakyReLU(),
      "LeakyReLU 0.2": LeakyReLU(slope: 0.2), "ELU": ELU(), "ELU 0.7": ELU(alpha: 0.7), "SELU": SELU(), "GELU": GELU(),
      "GELU by tanh": GELU(tanhApproximation: true), "SiLU": SiLU(), "Softplus": Softplus(), "Softsign": Softsign(),
      "HardTanh": HardTanh(), "Softmax": Softmax(), "LogSoftmax": LogSoftmax(),
      "Mish": Mish(), "HardSwish": HardSwish(), "HardSigmoid": HardSigmoid(), "PReLU": PReLU(),
    ]
    let module = try #require(modules[name])
    module.initialize(seed: 0)
    return module
  }

  private func row(_ values: [Float], _ row: Int) -> Tensor {
    Tensor(Array(values[row * 21..<(row + 1) * 21]), shape: [1, 21])
  }

  @Test(arguments: recorded.activations) func activation(_ activation: Activation) throws {
    let module = try module(activation.name)
    for (index, expected) in activation.rows.enumerated() {
      let x = row(Self.recorded.inputs, index).requiringGradient()
      let y = module(x)
      (y * row(Self.recorded.upstream, index)).sum().backward()
      #expect(relativeDifference(y.values, expected.output) < 1e-5)
      #expect(relativeDifference(x.gradient?.values ?? [], expected.gradient) < 1e-5)
    }
  }

  /// The same in bfloat16 on the row of size 1: the rounding of larger inputs changes a softmax too much.
  @Test(arguments: recorded.activations) func activationInBfloat16(_ activation: Activation) throws {
    let x = row(Self.recorded.inputs, 0).cast(to: .bfloat16).requiringGradient(), expected = activation.rows[0]
    let y = try module(activation.name)(x)
    (y * row(Self.recorded.upstream, 0)).sum().backward()
    #expect(x.gradient?.precision == .bfloat16)
    #expect(relativeDifference(y.values, expected.output) < 2e-2)
    #expect(relativeDifference(x.gradient?.values ?? [], expected.gradient) < 2e-2)
  }

  private func loss(_ name: String, _ x: Tensor, _ reduction: Reduction) throws -> Tensor {
    let recorded = Self.recorded
    let target = Tensor(recorded.target, shape: x.shape), truth = Tensor(recorded.truth, shape: x.shape)
    let labels = recorded.labels, weights = recorded.weights, soft = sigmoid(target)
    let weight = Tensor(weights, shape: [weights.count]), mixed = softmax(target), padded = [20, -100, 7]
    let losses: [String: () -> Tensor] = [
      "crossEntropy": { crossEntropy(x, labels, reduction: reduction) },
      "crossEntropy weighted": { crossEntropy(x, labels, classWeights: weights, reduction: reduction) },
      "crossEntropy smoothed": { crossEntropy(x, labels, labelSmoothing: 0.1, reduction: reduction) },
      "crossEntropy both": {
        crossEntropy(x, labels, classWeights: weights, labelSmoothing: 0.3, reduction: reduction)
      },
      "crossEntropy of padding": {
        crossEntropy(
          x, padded, classWeights: weights, labelSmoothing: 0.3, ignoreIndex: -100, reduction: reduction)
      },
      "crossEntropy of mixtures": {
        crossEntropy(x, mixed, classWeights: weights, labelSmoothing: 0.2, reduction: reduction)
      },
      "negativeLogLikelihood of padding": {
        negativeLogLikelihood(
          logSoftmax(x), padded, classWeights: weights, ignoreIndex: -100, reduction: reduction)
      },
      "klDivergence": { klDivergence(logSoftmax(x), mixed, reduction: reduction) },
      "cosineEmbedding": {
        cosineEmbeddingLoss(x, target, areAlike: [true, false, true], margin: -0.5, reduction: reduction)
      },
      "binaryCrossEntropy": { binaryCrossEntropy(logits: x, truth, reduction: reduction) },
      "binaryCrossEntropy weighted": {
        binaryCrossEntropy(logits: x, truth, positiveWeight: weight, reduction: reduction)
      },
      "negativeLogLikelihood": { negativeLogLikelihood(logSoftmax(x), labels, reduction: reduction) },
      "negativeLogLikelihood weighted": {
        negativeLogLikelihood(logSoftmax(x), labels, classWeights: weights, reduction: reduction)
      },
      "binaryCrossEntropy of probabilities": {
        binaryCrossEntropy(probabilities: sigmoid(x), truth, reduction: reduction)
      },
      "binaryCrossEntropy of probabilities, soft": {
        binaryCrossEntropy(probabilities: sigmoid(x), soft, reduction: reduction)
      },
      "meanSquaredError": { meanSquaredError(x, target, reduction: reduction) },
      "meanAbsoluteError": { meanAbsoluteError(x, target, reduction: reduction) },
      "huberLoss": { huberLoss(x, target, reduction: reduction) },
      "huberLoss 2.5": { huberLoss(x, target, threshold: 2.5, reduction: reduction) },
    ]
    let loss = try #require(losses[name])
    return loss()
  }

  @Test(arguments: recorded.losses) func loss(_ expected: Loss) throws {
    let x = Tensor(Self.recorded.inputs, shape: [3, 21]).requiringGradient()
    let reduction: Reduction = expected.reduction == "mean" ? .mean : expected.reduction == "sum" ? .sum : .none
    let y = try loss(expected.name, x, reduction)
    (y * Tensor(Array(Self.recorded.upstream.prefix(y.elementCount)), shape: y.shape)).sum().backward()
    #expect(relativeDifference(y.values, expected.output) < 1e-5)
    #expect(relativeDifference(x.gradient?.values ?? [], expected.gradient) < 1e-5)
  }

  /// The same for predictions in bfloat16: the loss in Float32, the gradient in bfloat16.
  @Test(arguments: recorded.halfLosses) func lossInBfloat16(_ expected: Loss) throws {
    let x = Tensor(Self.recorded.inputs, shape: [3, 21]).cast(to: .bfloat16).requiringGradient()
    let y = try loss(expected.name, x, expected.reduction == "mean" ? .mean : .none)
    (y * Tensor(Array(Self.recorded.upstream.prefix(y.elementCount)), shape: y.shape)).sum().backward()
    #expect(y.precision == .float32 && x.gradient?.precision == .bfloat16)
    #expect(relativeDifference(y.values, expected.output) < 2e-2)
    #expect(relativeDifference(x.gradient?.values ?? [], expected.gradient) < 2e-2)
  }

  /// Probabilities of 0, near 0, near 1 and 1, each compared by itself.
  @Test func lossesAtTheEndsOfProbabilities() {
    let expected = Self.recorded.endLosses, count = expected.inputs.count
    let p = Tensor(expected.inputs, shape: [count]).requiringGradient()
    let losses = binaryCrossEntropy(probabilities: p, Tensor(expected.target, shape: [count]), reduction: .none)
    losses.sum().backward()
    for index in 0..<count {
      let (loss, slope) = (expected.output[index], expected.gradient[index])
      // 1 − p has the spacing of numbers near 1.
      #expect(abs(Double(losses.values[index]) - loss) <= 1e-5 * loss + 0x1p-23, "\(index): \(losses.values[index])")
      #expect(
        abs(Double(p.gradient!.values[index]) - slope) <= 1e-5 * abs(slope), "\(index): \(p.gradient!.values[index])")
    }
  }

  /// Derivatives where two pieces meet, right beside that, and at large inputs, each compared by itself.
  @Test(arguments: recorded.edgeSlopes) func slopesAtEdges(_ expected: EdgeSlopes) throws {
    let x = Tensor(Self.recorded.edges, shape: [Self.recorded.edges.count]).requiringGradient()
    let y =
      switch expected.name {
      case "clamped": x.clamped(to: -1...1)
      case "absolute": x.absolute()
      default: try module(expected.name)(x)
      }
    y.sum().backward()
    for (at, (found, slope)) in zip(Self.recorded.edges, zip(x.gradient!.values, expected.slopes)) {
      // A derivative that is computed from the output has the output's rounding.
      #expect(abs(Double(found) - slope) <= 1e-5 * abs(slope) + 0x1p-23, "\(found), not \(slope), at \(at)")
    }
  }
}
