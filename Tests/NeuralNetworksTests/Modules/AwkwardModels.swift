import Autodiff
import NeuralNetworks
import TestSupport

/// A model in which hooks are easily missed, the path of one module, and the numbers of calls of hooks there in one step.
struct AwkwardModel: CustomStringConvertible, Sendable {
  let description: String
  /// The path of the observed module.
  let path: String
  /// The numbers of calls of its hooks in one forward pass, and in one backward pass.
  let inputs, outputs, outputGradients, inputGradients: Int
  /// The number of calls of a hook on the gradient of its weight.
  var parameterGradients = 1
  let make: @Sendable () -> Module
  /// Computes the losses; each has a backward pass of its own.
  var losses: @Sendable (Module) -> [Tensor] = { [squares($0(samples(4, 5)))] }
  /// The number of forward passes, and of backward passes that reach the module.
  var forwards = 1, backwardPasses = 1
  /// How often all of that is repeated before a step.
  var passes = 1
  /// The factor on the loss.
  var lossScale: Float?
  /// The optimizers.
  var optimizers: @Sendable (Module) throws -> [Optimizer] = { [SGD($0, learningRate: 0.1)] }

  /// Computes the sum of the losses.
  func loss(_ net: Module) -> Tensor { losses(net).reduce(Tensor(0), +) }

  /// Computes the gradients of a step.
  func backward(_ net: Module) {
    let parameters = net.parameters.map(\.parameter)
    for _ in 0..<passes {
      let losses = losses(net).map { loss in lossScale.map { LossScaler(scale: $0).scaled(loss) } ?? loss }
      // All but the last keep the tape for the next.
      for loss in losses.dropLast() {
        let found = gradients(of: loss, withRespectTo: parameters.map(\.value), keepingTape: true)
        for (parameter, new) in zip(parameters, found) {
          parameter.gradient = parameter.gradient.map { $0 + new } ?? new
        }
      }
      losses.last!.backward()
    }
  }

  /// Calls `step()` of the optimizers.
  func step(_ optimizers: [Optimizer]) {
    for optimizer in optimizers {
      if let lossScale { LossScaler(scale: lossScale).step(optimizer) } else { optimizer.step() }
    }
  }

  static let all: [AwkwardModel] = [
    AwkwardModel(
      description: "a module called twice", path: "0", inputs: 2, outputs: 2, outputGradients: 2, inputGradients: 1,
      make: {
        let shared = Linear(5, 5)
        return Sequential(shared, Tanh(), shared)
      }),
    AwkwardModel(
      // The state of the first step is data, and so is each input.
      description: "a recurrence over 20 steps", path: "cell", inputs: 40, outputs: 20, outputGradients: 20,
      inputGradients: 19, make: { Recurrent() }),
    AwkwardModel(
      description: "two inputs", path: "pair", inputs: 2, outputs: 1, outputGradients: 1, inputGradients: 2,
      make: { TwoInputs() }),
    AwkwardModel(
      description: "three inputs", path: "three", inputs: 3, outputs: 1, outputGradients: 1, inputGradients: 1,
      make: { CallsThree() }),
    AwkwardModel(
      description: "two heads with two losses", path: "", inputs: 1, outputs: 2, outputGradients: 2, inputGradients: 0,
      make: { TwoHeads() },
      losses: {
        let outputs = $0([samples(4, 5)])
        return [squares(outputs[0]) + meanAbsoluteError(outputs[1], samples(4, 2))]
      }),
    AwkwardModel(
      description: "two heads with a backward pass per loss", path: "trunk", inputs: 1, outputs: 1,
      outputGradients: 1, inputGradients: 1, make: { TrunkAndHeads() },
      losses: {
        let outputs = $0([samples(4, 5)])
        return [squares(outputs[0]), meanAbsoluteError(outputs[1], samples(4, 2))]
      }, backwardPasses: 2),
    AwkwardModel(
      description: "two forward passes before two backward passes", path: "2", inputs: 1, outputs: 1,
      outputGradients: 1,
      inputGradients: 1, make: { Sequential(Linear(5, 5), Tanh(), Linear(5, 5)) },
      losses: { net in [squares(net(samples(4, 5))), squares(net(samples(3, 5)))] }, forwards: 2, backwardPasses: 2),
    AwkwardModel(
      description: "tied weights", path: "coder", inputs: 1, outputs: 1, outputGradients: 1, inputGradients: 0,
      make: { TiedWeights() }),
    AwkwardModel(
      description: "modules in an array", path: "list.1", inputs: 1, outputs: 1, outputGradients: 1, inputGradients: 1,
      make: { Holder() }),
    AwkwardModel(
      description: "modules in a dictionary", path: "named.b", inputs: 1, outputs: 1, outputGradients: 1,
      inputGradients: 1, make: { Holder() }),
    AwkwardModel(
      description: "an optional module", path: "maybe", inputs: 1, outputs: 1, outputGradients: 1, inputGradients: 1,
      make: { Holder() }),
    AwkwardModel(
      description: "modules in a tuple", path: "pair.second", inputs: 1, outputs: 1, outputGradients: 1,
      inputGradients: 1, make: { Holder() }),
    AwkwardModel(
      description: "modules in a structure", path: "parts.inner", inputs: 1, outputs: 1, outputGradients: 1,
      inputGradients: 1, make: { Holder() }),
    AwkwardModel(
      description: "a module in an enumeration", path: "choice.chosen", inputs: 1, outputs: 1, outputGradients: 1,
      inputGradients: 1, make: { Holder() }),
    AwkwardModel(
      description: "a subclass of a subclass", path: "inherited", inputs: 1, outputs: 1, outputGradients: 1,
      inputGradients: 0, make: { Grandchild() }),
    AwkwardModel(
      description: "a model in evaluation mode", path: "1", inputs: 1, outputs: 1, outputGradients: 1,
      inputGradients: 1,
      make: {
        let net = Sequential(BatchNorm(5), Linear(5, 5), Dropout(0.5))
        net.evaluate()
        return net
      }),
    AwkwardModel(
      description: "a module that returns its input", path: "1", inputs: 1, outputs: 1, outputGradients: 1,
      inputGradients: 1, parameterGradients: 0, make: { Sequential(Linear(5, 5), HandsThrough(), Linear(5, 5)) }),
    AwkwardModel(
      description: "checkpoints", path: "2", inputs: 1, outputs: 1, outputGradients: 1, inputGradients: 1,
      make: { Sequential((0..<4).map { _ in Linear(5, 5) }, checkpointed: true, segments: 2) }),
    AwkwardModel(
      description: "a module called twice in a checkpoint", path: "0", inputs: 2, outputs: 2, outputGradients: 2,
      inputGradients: 1,
      make: {
        let shared = Linear(5, 5)
        return Sequential([shared, Tanh(), shared], checkpointed: true, segments: 1)
      }),
    AwkwardModel(
      description: "bfloat16", path: "1", inputs: 1, outputs: 1, outputGradients: 1, inputGradients: 1,
      make: { Sequential(Linear(5, 5), Linear(5, 5)) },
      losses: { net in [squares(withPrecision(.bfloat16) { net(samples(4, 5)) })] }),
    AwkwardModel(
      description: "float16 with a scaled loss", path: "1", inputs: 1, outputs: 1, outputGradients: 1,
      inputGradients: 1, make: { Sequential(Linear(5, 5), Linear(5, 5)) },
      losses: { net in [squares(withPrecision(.float16) { net(samples(4, 5)) })] }, lossScale: 1024),
    AwkwardModel(
      description: "a frozen layer", path: "0", inputs: 1, outputs: 1, outputGradients: 1, inputGradients: 0,
      make: { Sequential(Linear(5, 5), Tanh(), Linear(5, 5)) },
      optimizers: { net in
        let optimizer = SGD(net, learningRate: 0.1)
        try optimizer.group("0.**", isFrozen: true)
        return [optimizer]
      }),
    AwkwardModel(
      description: "a layer without optimizer", path: "0", inputs: 1, outputs: 1, outputGradients: 1,
      inputGradients: 0, make: { Sequential(Linear(5, 5), Tanh(), Linear(5, 5)) },
      optimizers: { net in [SGD(net.modules[3].module, learningRate: 0.1)] }),
    AwkwardModel(
      description: "several optimizers", path: "2", inputs: 1, outputs: 1, outputGradients: 1, inputGradients: 1,
      make: { Sequential(Linear(5, 5), Tanh(), Linear(5, 5)) },
      optimizers: { net in
        [SGD(net.modules[1].module, learningRate: 0.1), Adam(net.modules[3].module, learningRate: 0.1)]
      }),
    AwkwardModel(
      description: "accumulated gradients", path: "2", inputs: 1, outputs: 1, outputGradients: 1, inputGradients: 1,
      make: { Sequential(Linear(5, 5), Tanh(), Linear(5, 5)) }, passes: 3),
  ]
}

func samples(_ rows: Int, _ columns: Int) -> Tensor { Tensor(sampleValues(rows * columns), shape: [rows, columns]) }

private func squares(_ y: Tensor) -> Tensor { (y * y).mean() }

private final class StateCell: Module {
  let weight = Parameter([5, 5], initializer: .leCunNormal)

  override func forward(_ x: Tensor, _ state: Tensor) -> Tensor { tanh(x + linear(state, weight: weight.value)) }
}

private final class Recurrent: Module {
  let cell = StateCell()

  override func forward(_ x: Tensor) -> Tensor { (0..<20).reduce(samples(4, 5)) { state, _ in cell(x, state) } }
}

private final class PairOfInputs: Module {
  let weight = Parameter([5, 5], initializer: .leCunNormal)

  override func forward(_ a: Tensor, _ b: Tensor) -> Tensor { linear(a, weight: weight.value) * b }
}

private final class TwoInputs: Module {
  let first = Linear(5, 5), second = Linear(5, 5), pair = PairOfInputs()

  override func forward(_ x: Tensor) -> Tensor { pair(first(x), second(x)) }
}

private final class ThreeInputs: Module {
  let weight = Parameter([5, 5], initializer: .leCunNormal)

  override func forward(_ a: Tensor, _ b: Tensor, _ c: Tensor) -> Tensor { linear(a + b, weight: weight.value) * c }
}

private final class CallsThree: Module {
  let first = Linear(5, 5), three = ThreeInputs()

  override func forward(_ x: Tensor) -> Tensor { three(x, first(x), x) }
}

private final class TwoHeads: Module {
  let weight = Parameter([5, 5], initializer: .leCunNormal)
  let heads = [Linear(5, 2), Linear(5, 2)]

  override func forward(_ inputs: [Tensor]) -> [Tensor] {
    let trunk = tanh(linear(inputs[0], weight: weight.value))
    return heads.map { $0(trunk) }
  }
}

private final class TrunkAndHeads: Module {
  let stem = Linear(5, 5), trunk = Linear(5, 5), heads = [Linear(5, 2), Linear(5, 2)]

  override func forward(_ inputs: [Tensor]) -> [Tensor] {
    let hidden = tanh(trunk(stem(inputs[0])))
    return heads.map { $0(hidden) }
  }
}

private final class TiedWeights: Module {
  let coder = Linear(5, 3)

  override func forward(_ x: Tensor) -> Tensor { matmul(tanh(coder(x)), coder.weight.value) }
}

private final class Holder: Module {
  struct Parts {
    let inner = Linear(5, 5)
  }
  enum Choice {
    case chosen(Linear)
  }
  let stem = Linear(5, 5)
  let list = [Linear(5, 5), Linear(5, 5)]
  let named = ["a": Linear(5, 5), "b": Linear(5, 5)]
  let maybe: Linear? = Linear(5, 5)
  let pair = (first: Linear(5, 5), second: Linear(5, 5))
  let parts = Parts()
  let choice = Choice.chosen(Linear(5, 5))

  override func forward(_ x: Tensor) -> Tensor {
    guard case .chosen(let chosen) = choice else { return x }
    let all = [stem] + list + [named["a"]!, named["b"]!, maybe!, pair.first, pair.second, parts.inner, chosen]
    return all.reduce(x) { $1($0) }
  }
}

private class Parent: Module {
  let inherited = Linear(5, 5)

  override func forward(_ x: Tensor) -> Tensor { inherited(x) }
}

private class Child: Parent {
  let own = Linear(5, 5)

  override func forward(_ x: Tensor) -> Tensor { own(super.forward(x)) }
}

private final class Grandchild: Child {
  let last = Linear(5, 5)

  override func forward(_ x: Tensor) -> Tensor { last(super.forward(x)) }
}

private final class HandsThrough: Module {
  override func forward(_ x: Tensor) -> Tensor { x }
}
