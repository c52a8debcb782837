import Autodiff
import NeuralNetworks

/// A layer with inputs of odd shapes.
struct LayerCase: Sendable, CustomStringConvertible {
  let description: String
  let shapes: [Shape]
  var domain: @Sendable (Float) -> Float = { $0 }
  let make: @Sendable () -> Module
}

/// A batch of one, rows of one, and sizes that are no multiple of a vector's length.
let rowShapes: [Shape] = [[1, 5], [4, 1], [3, 17], [2, 3, 7]]
let imageShapes: [Shape] = [[1, 3, 4, 2], [2, 5, 3, 2]]

private func activation(_ make: @escaping @Sendable () -> Module) -> LayerCase {
  // Away from the kinks at 0 and ±1.
  LayerCase(
    description: make().kind, shapes: rowShapes, domain: { 0.7 * $0 + ($0 < 0 ? -0.15 : 0.15) }, make: make)
}

let layerCases: [LayerCase] =
  [
    activation { ReLU() }, activation { LeakyReLU(slope: 0.2) }, activation { ELU() }, activation { SELU() },
    activation { GELU() }, activation { GELU(tanhApproximation: true) }, activation { SiLU() },
    activation { Softplus() }, activation { Softsign() }, activation { HardTanh() }, activation { Sigmoid() },
    activation { Tanh() },
    // Of rows of width 1 the share is 1 whatever they hold.
    LayerCase(description: "Softmax", shapes: [[1, 5], [3, 17], [2, 3, 7]]) { Softmax() },
    LayerCase(description: "LogSoftmax", shapes: [[1, 5], [3, 17], [2, 3, 7]]) { LogSoftmax() },
    LayerCase(description: "Linear", shapes: [[1, 5], [17, 5]]) { Linear(5, 3) },
    LayerCase(description: "Linear of width 1", shapes: [[1, 1], [3, 1]]) { Linear(1, 1) },
    LayerCase(description: "Conv2d", shapes: imageShapes) { Conv2d(2, 3, window: 3, stride: 2, padding: 1) },
    LayerCase(description: "Conv2d, grouped", shapes: imageShapes) { Conv2d(2, 4, window: 3, padding: 1, groups: 2) },
    LayerCase(description: "Conv2d of window 1", shapes: imageShapes) { Conv2d(2, 3, window: 1, stride: 2) },
    LayerCase(description: "AveragePool2d", shapes: imageShapes) { AveragePool2d(window: 2, stride: 1) },
    LayerCase(description: "GlobalAveragePool2d", shapes: imageShapes) { GlobalAveragePool2d() },
    LayerCase(description: "Flatten", shapes: imageShapes) { Flatten() },
    LayerCase(description: "BatchNorm", shapes: [[3, 5], [17, 5], [2, 3, 2, 5]]) { BatchNorm(5) },
    LayerCase(description: "BatchNorm of width 1", shapes: [[7, 1]]) { BatchNorm(1) },
    LayerCase(description: "LayerNorm", shapes: [[1, 5], [3, 5], [2, 3, 5]]) { LayerNorm(5) },
    LayerCase(description: "RMSNorm", shapes: [[1, 5], [3, 5], [2, 3, 5]]) { RMSNorm(5) },
    LayerCase(description: "MultiHeadAttention", shapes: [[1, 1, 6], [2, 3, 6]]) { MultiHeadAttention(6, heads: 2) },
    LayerCase(description: "MultiHeadAttention, causal", shapes: [[1, 5, 6]]) {
      MultiHeadAttention(6, heads: 3, isCausal: true)
    },
    LayerCase(description: "MultiHeadAttention of width 1", shapes: [[2, 3, 1]]) { MultiHeadAttention(1, heads: 1) },
    LayerCase(description: "Residual", shapes: [[1, 5], [3, 5]]) {
      Residual(Linear(5, 4), Tanh(), scale: 0.3, learnsScale: true, shortcut: Linear(5, 4, bias: false))
    },
    LayerCase(description: "TransformerBlock, pre-norm", shapes: [[1, 3, 6]]) { TransformerBlock(6, heads: 2) },
    LayerCase(description: "TransformerBlock, post-norm", shapes: [[1, 3, 6]]) {
      TransformerBlock(6, heads: 2, hidden: 5, placement: .post, isCausal: true)
    },
    LayerCase(description: "Sequential, checkpointed", shapes: [[1, 5], [3, 5]]) {
      Sequential([Linear(5, 4), Tanh(), Linear(4, 5), Tanh()], checkpointed: true)
    },
  ]

/// The parameter whose gradient is as large as what the gradient at `path` sums up: the same one, but for the bias of keys. That
/// adds the same to all scores of a row, which softmax does not see, so its gradient, the sum of all keys', is 0 in exact
/// arithmetic, and what is found is that sum's rounding. The gradient of the keys' weights sums up the same, times the inputs.
func summands(of path: String) -> String {
  path == "key.bias" || path.hasSuffix(".key.bias") ? String(path.dropLast(4)) + "weight" : path
}
