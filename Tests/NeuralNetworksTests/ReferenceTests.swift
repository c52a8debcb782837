import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

/// Small nets against PyTorch 2.13 (`Reference/make_reference.py`): output, every gradient, and the
/// weights after three steps of each optimizer.
@Suite struct ReferenceTests {
  struct Recorded: Decodable, Sendable {
    let torch: String
    let cases: [Case]
  }

  struct Case: Decodable, Sendable, CustomStringConvertible {
    let net, loss, optimizer: String
    let inputs, target, output: [Double]
    let labels: [Int]
    let parameters, gradients, updated: [[Double]]
    let losses: [Double]

    var description: String { "\(net) \(loss) \(optimizer)" }
  }

  static let recorded = try! reference("NeuralNetworksTests/Reference/reference.json", as: Recorded.self)

  private func model(_ net: String) -> Module {
    func residual() -> Residual { Residual(ReLU(), Linear(4, 4), scale: 0.5) }
    switch net {
    case "relu": return Sequential(Linear(5, 4), ReLU(), Linear(4, 4), ReLU(), Linear(4, 3))
    case "sigmoid": return Sequential(Linear(5, 4), Sigmoid(), Linear(4, 4), Sigmoid(), Linear(4, 3))
    case "tanh": return Sequential(Linear(5, 4), Tanh(), Linear(4, 4), Tanh(), Linear(4, 3))
    default: return Sequential(Linear(5, 4), residual(), residual(), Linear(4, 3))
    }
  }

  @Test(arguments: recorded.cases) func agreesWithPyTorch(_ recorded: Case) {
    let model = model(recorded.net)
    let parameters = model.parameters.map(\.parameter)
    for (parameter, values) in zip(parameters, recorded.parameters) {
      parameter.set(Tensor(values.map { Float($0) }, shape: parameter.shape))
    }
    let optimizer: Optimizer =
      switch recorded.optimizer {
      case "sgd": SGD(model, learningRate: 0.1)
      case "momentum": SGD(model, learningRate: 0.1, momentum: 0.9)
      default: Adam(model, learningRate: 0.01)
      }
    let inputs = Tensor(recorded.inputs.map { Float($0) }, shape: [7, 5])
    let target = Tensor(recorded.target.map { Float($0) }, shape: [7, 3])
    for step in 0..<3 {
      let output = model(inputs)
      let loss =
        recorded.loss == "crossEntropy" ? crossEntropy(output, recorded.labels) : meanSquaredError(output, target)
      loss.backward()
      #expect(abs(Double(loss.value) - recorded.losses[step]) < 1e-5 * abs(recorded.losses[step]))
      if step == 0 {
        #expect(relativeDifference(output.values, recorded.output) < 1e-5)
        for (parameter, expected) in zip(parameters, recorded.gradients) {
          #expect(relativeDifference(parameter.gradient?.values ?? [], expected) < 1e-5)
        }
      }
      optimizer.step()
    }
    for (parameter, expected) in zip(parameters, recorded.updated) {
      #expect(relativeDifference(parameter.value.values, expected) < 1e-5)
    }
  }
}
