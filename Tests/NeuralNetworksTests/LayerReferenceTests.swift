import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

/// Each layer against what PyTorch 2.13 computed for it (`Reference/make_layers.py`): output, and the gradients of its input and
/// of every parameter.
@Suite struct LayerReferenceTests {
  struct Recorded: Decodable, Sendable {
    let torch: String
    let cases: [Case]
  }

  struct Case: Decodable, Sendable, CustomStringConvertible {
    let name: String
    let shape: [Int]
    let inputs, output, direction, inputGradient: [Double]
    let parameters, gradients: [[Double]]
    let runningMean, runningVariance, evaluated: [Double]?

    var description: String { name }
  }

  static let recorded: Recorded = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Reference/layers.json")
    return try! JSONDecoder().decode(Recorded.self, from: Data(contentsOf: file))
  }()

  private func layer(_ name: String) -> Module {
    switch name {
    case "conv": Conv2d(4, 6, window: 3)
    case "conv strided": Conv2d(4, 6, window: 3, stride: 2, padding: 1)
    case "conv grouped": Conv2d(4, 6, window: 3, padding: 1, groups: 2)
    case "conv depthwise": Conv2d(4, 4, window: 3, padding: 1, groups: 4, bias: false)
    case "conv 1": Conv2d(4, 3, window: 1)
    case "conv 5": Conv2d(4, 3, window: 5, padding: 2)
    case "max pool": MaxPool2d(window: 3, stride: 2, padding: 1)
    case "average pool": AveragePool2d(window: 3, stride: 2, padding: 1)
    case "global average pool": GlobalAveragePool2d()
    case "batch norm": BatchNorm(7)
    case "batch norm of images": BatchNorm(4)
    case "layer norm": LayerNorm(7)
    case "RMS norm": RMSNorm(7)
    case "embedding": Embedding(5, 3)
    case "flatten": Flatten()
    case "attention": MultiHeadAttention(8, heads: 2)
    case "causal attention": MultiHeadAttention(8, heads: 2, isCausal: true)
    case "projected residual": Residual(Linear(5, 4), scale: 0.5, shortcut: Linear(5, 4, bias: false))
    case "ReZero": Residual(Linear(5, 5), scale: 0, learnsScale: true)
    default: fatalError("no layer is called \(name)")
    }
  }

  /// The layer with the recorded weights. A residual's learned scale comes first on our side, as its own parameters do.
  private func prepared(_ recorded: Case) -> (layer: Module, parameters: [(Parameter, gradient: [Double])]) {
    let layer = layer(recorded.name)
    layer.initialize(seed: 0)
    let parameters = layer.parameters.map(\.parameter)
    #expect(parameters.count == recorded.parameters.count)
    var (values, gradients) = (recorded.parameters, recorded.gradients)
    if recorded.name == "ReZero", values[0].count != 1 {
      values.insert(values.removeLast(), at: 0)
      gradients.insert(gradients.removeLast(), at: 0)
    }
    for (parameter, value) in zip(parameters, values) {
      parameter.set(Tensor(value.map { Float($0) }, shape: parameter.shape))
    }
    return (layer, zip(parameters, gradients).map { ($0, $1) })
  }

  private func input(_ recorded: Case) -> Tensor {
    Tensor(recorded.inputs.map { Float($0) }, shape: Shape(recorded.shape)).requiringGradient()
  }

  @Test(arguments: recorded.cases) func agreesWithPyTorch(_ recorded: Case) {
    check(recorded, .float32, within: 1e-5)
  }

  /// The same in bfloat16, whose numbers have a relative spacing of 2⁻⁷.
  @Test(arguments: recorded.cases) func agreesInBfloat16(_ recorded: Case) {
    check(recorded, .bfloat16, within: 2e-2)
  }

  private func check(_ recorded: Case, _ precision: Precision, within limit: Double) {
    let (layer, parameters) = prepared(recorded), x = input(recorded)
    let y = withPrecision(precision) { layer(x) }
    #expect(relativeDifference(y.values, recorded.output) < limit)
    (y * Tensor(recorded.direction.map { Float($0) }, shape: y.shape)).sum().backward()
    if !recorded.inputGradient.isEmpty {
      #expect(relativeDifference(x.gradient?.values ?? [], recorded.inputGradient) < limit)
    }
    let largest = recorded.gradients.joined().reduce(0) { max($0, abs($1)) }
    for (parameter, gradient) in parameters {
      // Some gradients are 0 in exact arithmetic, as that of a key's bias; so all are held against the layer's largest.
      let found = parameter.gradient?.values ?? []
      #expect(found.count == gradient.count)
      #expect(zip(found, gradient).allSatisfy { abs(Double($0) - $1) <= limit * largest }, "\(parameter.path)")
    }
  }

  @Test(arguments: recorded.cases.filter { $0.evaluated != nil }) func runningStatisticsAgree(_ recorded: Case) {
    let (layer, _) = prepared(recorded), x = input(recorded)
    _ = layer(x)
    let found = Dictionary(uniqueKeysWithValues: layer.statistics.map { ($0.path, $0.statistic.value.values) })
    #expect(relativeDifference(found["runningMean"]!, recorded.runningMean!) < 1e-5)
    #expect(relativeDifference(found["runningVariance"]!, recorded.runningVariance!) < 1e-5)
    layer.evaluate()
    #expect(relativeDifference(layer(x).values, recorded.evaluated!) < 1e-5)
    #expect(layer.statistics[0].statistic.value.values == found["runningMean"])
  }
}
