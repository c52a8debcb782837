import Autodiff
import NeuralNetworks

/// Activations, and dropout.
let activationMappings: [String: ONNXMapping] = [
  "Relu": unary { relu($0) },
  "Sigmoid": unary { sigmoid($0) },
  "Tanh": unary { tanh($0) },
  "Softplus": unary { softplus($0) },
  "Softsign": unary { softsign($0) },
  "Mish": unary { mish($0) },
  "HardSwish": unary { hardSwish($0) },
  "HardSigmoid": { node in
    // `hardSigmoid` has the slope 1/6 and the offset 1/2.
    let alpha = node.float("alpha", 0.2), beta = node.float("beta", 0.5)
    let x = try node.tensor(0)
    return [hardSigmoid(6 * (x * alpha + (beta - 0.5)))]
  },
  "Elu": { node in [elu(try node.tensor(0), alpha: node.float("alpha", 1))] },
  "Celu": { node in
    let x = try node.tensor(0), alpha = node.float("alpha", 1)
    return [alpha * elu(x / alpha)]
  },
  "Selu": { node in
    let x = try node.tensor(0)
    guard node.has("alpha") || node.has("gamma") else { return [selu(x)] }
    let alpha = node.float("alpha", 1.67326319), gamma = node.float("gamma", 1.05070102)
    return [gamma * elu(x, alpha: alpha)]
  },
  "LeakyRelu": { node in [leakyReLU(try node.tensor(0), slope: node.float("alpha", 0.01))] },
  "PRelu": { node in [prelu(try node.tensor(0), slope: try node.tensor(1))] },
  "ThresholdedRelu": { node in
    let x = try node.tensor(0)
    return [Tensor.where(x .> node.float("alpha", 1), x, Tensor(0))]
  },
  "Gelu": { node in
    [gelu(try node.tensor(0), tanhApproximation: node.text("approximate", "none") == "tanh")]
  },
  "Swish": { node in
    let alpha = node.float("alpha", 1)
    let x = try node.tensor(0) * alpha
    return [silu(x) / alpha]
  },
  "SwiGLU": { node in
    let alpha = node.float("alpha", 1)
    let gate = try node.tensor(0) * alpha
    return [silu(gate) / alpha * (try node.tensor(1))]
  },
  "Softmax": { node in [softmax(try node.tensor(0), axis: node.integer("axis", -1))] },
  "LogSoftmax": { node in [logSoftmax(try node.tensor(0), axis: node.integer("axis", -1))] },
  "Hardmax": { node in
    let x = try node.tensor(0), axis = node.integer("axis", -1)
    return [classesLast(Tensor(oneHot: x.argmax(axis: axis), classes: x.shape[fromFront(axis, x)]), to: axis)]
  },
  "Dropout": { node in
    let x = try node.tensor(0), ratio = try node.tensorIfAny(1)?.value ?? node.float("ratio", 0.5)
    let isTraining = try node.tensorIfAny(2)?.value == 1
    _ = node.integer("seed", 0)
    // NumPy's random numbers are not ours.
    try node.need(!isTraining || ratio == 0)
    let layer = Dropout(ratio)
    if !isTraining { layer.evaluate() }
    let mask = Tensor(repeating: 1, shape: x.shape)
    return Array([layer(x), mask].prefix(node.outputs))
  },
]

/// An axis that may count from the last, counted from the first.
func fromFront(_ axis: Int, _ x: Tensor) -> Int { axis < 0 ? axis + x.shape.count : axis }

/// The last dimension moved to another place.
func classesLast(_ x: Tensor, to axis: Int) -> Tensor {
  var order = Array(0..<x.shape.count - 1)
  order.insert(x.shape.count - 1, at: fromFront(axis, x))
  return x.transposed(order: order)
}
