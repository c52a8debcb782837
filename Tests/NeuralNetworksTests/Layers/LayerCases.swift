import Autodiff
import Foundation
import NeuralNetworks
import TestSupport

let layerCases =
  activationCases + gateCases + rowCases + imageCases + normalizationCases + sequenceCases + attentionCases
  + recurrentCases

/// A batch of one, rows of one, and sizes that are no multiple of a vector's length.
private let rowShapes: [Shape] = [[1, 5], [4, 1], [3, 17], [2, 3, 7]]

private func activation(
  _ make: @escaping @Sendable () -> Module, _ formula: @escaping @Sendable (Double) -> Double
) -> LayerCase {
  // Away from the kinks at 0 and ±1.
  LayerCase(
    make().kind, rowShapes,
    inputs: { sampleValues($0.elementCount, seed: 9).map { 0.7 * $0 + ($0 < 0 ? -0.15 : 0.15) } }, make
  ) { x, _ in x.map(formula) }
}

private let activationCases: [LayerCase] = [
  activation({ ReLU() }) { max($0, 0) },
  activation({ LeakyReLU(slope: 0.2) }) { ActivationFormulas.leakyReLU($0, slope: 0.2) },
  activation({ ELU() }) { ActivationFormulas.elu($0) }, activation({ SELU() }, ActivationFormulas.selu),
  activation({ GELU() }, ActivationFormulas.gelu),
  activation({ GELU(tanhApproximation: true) }, ActivationFormulas.geluByTanh),
  activation({ SiLU() }, ActivationFormulas.silu), activation({ Softplus() }, ActivationFormulas.softplus),
  activation({ Softsign() }, ActivationFormulas.softsign), activation({ HardTanh() }, ActivationFormulas.hardTanh),
  activation({ Mish() }, ActivationFormulas.mish), activation({ HardSwish() }, ActivationFormulas.hardSwish),
  activation({ HardSigmoid() }, ActivationFormulas.hardSigmoid),
  activation({ Sigmoid() }, ActivationFormulas.sigmoid), activation({ Tanh() }) { Foundation.tanh($0) },
  // Softmax of a row of width 1 is always 1.
  LayerCase("Softmax", [[1, 5], [3, 17], [2, 3, 7]], { Softmax() }) { x, _ in x.logShares.map { Foundation.exp($0) } },
  LayerCase("LogSoftmax", [[1, 5], [3, 17], [2, 3, 7]], { LogSoftmax() }) { x, _ in x.logShares },
]

private func wholeNumbers(below limit: Int) -> @Sendable (Shape) -> [Float] {
  { shape in (0..<shape.elementCount).map { Float(($0 * 3 + 1) % limit) } }
}

private let rowCases: [LayerCase] = [
  LayerCase("Linear", [[1, 5], [17, 5]], { Linear(5, 3) }) { x, n in x.linear(n[0], n[1]) },
  LayerCase("Linear of width 1", [[1, 1], [3, 1]], { Linear(1, 1) }) { x, n in x.linear(n[0], n[1]) },
  LayerCase("Linear of width 17", [[3, 17]], { Linear(17, 9, bias: false) }) { x, n in x.linear(n[0]) },
  LayerCase("Dropout", rowShapes, { Dropout(0.4) }) { x, _ in x * kept(x.shape) },
  LayerCase("Dropout, evaluated", rowShapes, evaluated: true, { Dropout(0.4) }) { x, _ in x },
  LayerCase("Embedding", [[1, 5], [2, 3, 2]], inputs: wholeNumbers(below: 4), { Embedding(4, 3) }) { x, n in
    n[0].take(rows: x)
  },
  LayerCase("Embedding of width 1", [[1], [5]], inputs: wholeNumbers(below: 4), { Embedding(4, 1) }) { x, n in
    n[0].take(rows: x)
  },
  LayerCase("Embedding of one row", [[1, 5]], inputs: wholeNumbers(below: 1), { Embedding(1, 17) }) { x, n in
    n[0].take(rows: x)
  },
  LayerCase("Flatten", [[1, 1], [1, 3, 4, 2], [2, 5, 3, 2]], { Flatten() }) { x, _ in
    Float64Array([x.shape[0], x.values.count / x.shape[0]], x.values)
  },
  LayerCase("Sequential, checkpointed", [[1, 5], [3, 5]]) {
    Sequential([Linear(5, 4), Tanh(), Linear(4, 5), Tanh()], checkpointed: true)
  } formula: { x, n in
    x.linear(n[0], n[1]).map(Foundation.tanh).linear(n[2], n[3]).map(Foundation.tanh)
  },
]

/// The factors of a dropout layer that is initialized with the same seed.
private func kept(_ shape: [Int]) -> Float64Array {
  let twin = Dropout(0.4)
  twin.initialize(seed: LayerCase.seed)
  return Float64Array(twin(Tensor(repeating: 1, shape: Shape(shape))))
}

private let imageShapes: [Shape] = [[1, 3, 4, 2], [2, 5, 3, 2]]
private let sequenceShapes: [Shape] = [[1, 5, 2], [2, 9, 2]]
/// One channel, and sizes that are no multiples of the kernel's.
private let oneChannel: [Shape] = [[1, 3, 3, 1], [2, 5, 4, 1]]

private func pooling(
  _ name: String, _ make: @escaping @Sendable () -> Module,
  _ formula: @escaping @Sendable (Float64Array) -> Float64Array
) -> LayerCase {
  LayerCase(name, imageShapes + oneChannel, make) { x, _ in formula(x) }
}

private let imageCases: [LayerCase] = [
  LayerCase("Conv2d", imageShapes, { Conv2d(2, 3, kernelSize: 3, stride: 2, padding: 1) }) { x, n in
    x.convolved(n[0], n[1], stride: 2, padding: 1)
  },
  LayerCase("Conv2d, grouped", imageShapes, { Conv2d(2, 4, kernelSize: 3, padding: 1, groups: 2) }) { x, n in
    x.convolved(n[0], n[1], padding: 1, groups: 2)
  },
  LayerCase("Conv2d, depthwise", [[1, 3, 4, 5]], { Conv2d(5, 5, kernelSize: 3, padding: 1, groups: 5) }) { x, n in
    x.convolved(n[0], n[1], padding: 1, groups: 5)
  },
  LayerCase("Conv2d of kernel size 1", imageShapes, { Conv2d(2, 3, kernelSize: 1, stride: 2) }) { x, n in
    x.convolved(n[0], n[1], stride: 2)
  },
  LayerCase("Conv2d of one channel", [[1, 1, 1, 1], [2, 5, 4, 1]], { Conv2d(1, 1, kernelSize: 1) }) { x, n in
    x.convolved(n[0], n[1])
  },
  LayerCase("Conv2d of 17 channels", [[1, 3, 2, 17]], { Conv2d(17, 5, kernelSize: 2, bias: false) }) { x, n in
    x.convolved(n[0], Float64Array([5], Array(repeating: 0, count: 5)))
  },
  pooling("MaxPool2d", { MaxPool2d(kernelSize: 2) }) { $0.maxPooled(2) },
  pooling("MaxPool2d that overlaps", { MaxPool2d(kernelSize: 3, stride: 2, padding: 1) }) {
    $0.maxPooled(3, stride: 2, padding: 1)
  },
  pooling("AveragePool2d", { AveragePool2d(kernelSize: 2) }) { $0.averagePooled(2) },
  pooling("AveragePool2d that overlaps", { AveragePool2d(kernelSize: 3, stride: 2, padding: 1) }) {
    $0.averagePooled(3, stride: 2, padding: 1)
  },
  LayerCase(
    "Pools of one pixel", [[1, 1, 1, 1]], { Sequential(MaxPool2d(kernelSize: 1), AveragePool2d(kernelSize: 1)) }
  ) {
    x, _ in x
  },
  LayerCase("Conv2d, dilated", imageShapes) {
    Conv2d(2, 3, kernelSize: [2, 3], stride: [1, 2], dilation: [2, 1], padding: .sides(before: [0, 1], after: 1))
  } formula: { x, n in
    x.convolved(
      n[0], n[1], WindowFormula([2, 3], stride: [1, 2], dilation: [2, 1], before: [0, 1], after: [1, 1]))
  },
  LayerCase("Conv1d", sequenceShapes, { Conv1d(2, 4, kernelSize: 3, stride: 2, dilation: 2, padding: 2, groups: 2) }) {
    x, n in
    x.convolved(n[0], n[1], WindowFormula([3], stride: [2], dilation: [2], before: [2]), groups: 2)
  },
  LayerCase("ConvTranspose2d", imageShapes) {
    ConvTranspose2d(2, 3, kernelSize: [3, 2], stride: [2, 1], padding: [1, 0], outputPadding: [1, 0])
  } formula: { x, n in
    x.convolvedTransposed(n[0], n[1], WindowFormula([3, 2], stride: [2, 1], before: [1, 0], more: [1, 0]))
  },
  LayerCase("ConvTranspose1d", sequenceShapes) {
    ConvTranspose1d(2, 4, kernelSize: 3, stride: 2, dilation: 2, padding: .sides(before: 2, after: 1), groups: 2)
  } formula: { x, n in
    x.convolvedTransposed(
      n[0], n[1], WindowFormula([3], stride: [2], dilation: [2], before: [2], after: [1]), groups: 2)
  },
  LayerCase("MaxPool1d", sequenceShapes, { MaxPool1d(kernelSize: 2, stride: 3, dilation: 2, ceilMode: true) }) { x, _ in
    x.maxPooled(WindowFormula([2], stride: [3], dilation: [2], ceilMode: true))
  },
  LayerCase("AveragePool1d", sequenceShapes) {
    AveragePool1d(kernelSize: 3, stride: 2, padding: 1, ceilMode: true, countIncludePadding: false)
  } formula: { x, _ in
    x.averagePooled(WindowFormula([3], stride: [2], before: [1], ceilMode: true), countsPadding: false)
  },
  pooling("MaxPool2d, rounded up", { MaxPool2d(kernelSize: [2, 3], stride: 2, padding: [0, 1], ceilMode: true) }) {
    $0.maxPooled(WindowFormula([2, 3], stride: [2, 2], before: [0, 1], ceilMode: true))
  },
  pooling("AveragePool2d, rounded up", { AveragePool2d(kernelSize: 2, ceilMode: true) }) {
    $0.averagePooled(WindowFormula([2, 2], stride: [2, 2], ceilMode: true))
  },
  pooling("AdaptiveAveragePool2d", { AdaptiveAveragePool2d(outputSize: [2, 3]) }) { $0.adaptivelyPooled(to: [2, 3]) },
  LayerCase("AdaptiveAveragePool1d", sequenceShapes, { AdaptiveAveragePool1d(outputSize: 3) }) { x, _ in
    x.adaptivelyPooled(to: [3])
  },
  LayerCase("Upsample", imageShapes, { Upsample(scaleFactor: 2) }) { x, _ in
    x.resizedToNearest([2 * x.shape[1], 2 * x.shape[2]])
  },
  LayerCase("Upsample, bilinear", imageShapes, { Upsample(scaleFactor: [2, 4], mode: .linear) }) { x, _ in
    x.resizedLinearly([2 * x.shape[1], 4 * x.shape[2]])
  },
  LayerCase("Upsample of sequences", sequenceShapes) {
    Upsample(size: 9, mode: .linear, alignCorners: true)
  } formula: { x, _ in
    x.resizedLinearly([9], alignCorners: true)
  },
  pooling("GlobalAveragePool2d", { GlobalAveragePool2d() }) { x in
    x.sum([1, 2]).map { $0 / Double(x.shape[1] * x.shape[2]) }
  },
]

private func leading(_ x: Float64Array) -> [Int] { Array(0..<x.shape.count - 1) }

private func batchNorm(_ name: String, _ shapes: [Shape], _ channels: Int, evaluated: Bool = false) -> LayerCase {
  LayerCase(name, shapes, evaluated: evaluated, { BatchNorm(channels) }) { x, n in
    guard evaluated else { return x.normalized(over: leading(x), epsilon: 1e-5) * n[0] + n[1] }
    return .broadcast(x - n[2], n[3]) { $0 / ($1 + Double(Float(1e-5))).squareRoot() } * n[0] + n[1]
  }
}

private let normalizationCases: [LayerCase] = [
  // With one element per channel the output is the bias; one image has many elements per channel.
  batchNorm("BatchNorm", [[1, 5], [3, 5], [17, 5], [2, 3, 2, 5], [1, 3, 4, 5]], 5),
  batchNorm("BatchNorm of width 1", [[1, 1], [7, 1], [1, 3, 2, 1]], 1),
  batchNorm("BatchNorm of width 17", [[5, 17]], 17),
  batchNorm("BatchNorm, evaluated", [[1, 5], [3, 5], [2, 3, 2, 5]], 5, evaluated: true),
  batchNorm("BatchNorm of width 1, evaluated", [[1, 1], [7, 1], [1, 3, 2, 1]], 1, evaluated: true),
  LayerCase("LayerNorm", [[1, 5], [3, 5], [2, 3, 5]], { LayerNorm(5) }) { x, n in
    x.normalized(over: [x.shape.count - 1], epsilon: 1e-5) * n[0] + n[1]
  },
  LayerCase("LayerNorm of width 1", [[1, 1], [5, 1]], { LayerNorm(1) }) { x, n in
    x.normalized(over: [1], epsilon: 1e-5) * n[0] + n[1]
  },
  LayerCase("LayerNorm of width 17", [[3, 17]], { LayerNorm(17) }) { x, n in
    x.normalized(over: [1], epsilon: 1e-5) * n[0] + n[1]
  },
  LayerCase("RMSNorm", [[1, 5], [3, 5], [2, 3, 5]], { RMSNorm(5) }) { x, n in
    x.normalized(over: [x.shape.count - 1], epsilon: .ulpOfOne, centered: false) * n[0]
  },
  LayerCase("GroupNorm", [[1, 6], [3, 6], [2, 3, 2, 6]], { GroupNorm(2, 6) }) { x, n in
    x.normalizedInGroups(2, epsilon: 1e-5) * n[0] + n[1]
  },
  LayerCase("GroupNorm of one group", [[1, 5], [2, 3, 5]], { GroupNorm(1, 5) }) { x, n in
    x.normalizedInGroups(1, epsilon: 1e-5) * n[0] + n[1]
  },
  LayerCase("InstanceNorm", [[1, 3, 5], [2, 3, 2, 5]], { InstanceNorm(5) }) { x, _ in
    x.normalizedInGroups(5, epsilon: 1e-5)
  },
  LayerCase("InstanceNorm, affine", [[1, 3, 1], [2, 4, 1]]) {
    InstanceNorm(1, affine: true, tracksRunningStatistics: true)
  } formula: { x, n in
    x.normalizedInGroups(1, epsilon: 1e-5) * n[0] + n[1]
  },
  LayerCase("InstanceNorm, evaluated", [[1, 1, 5], [2, 3, 2, 5]], evaluated: true) {
    InstanceNorm(5, affine: true, tracksRunningStatistics: true)
  } formula: { x, n in
    .broadcast(x - n[2], n[3]) { $0 / ($1 + Double(Float(1e-5))).squareRoot() } * n[0] + n[1]
  },
  // With a small ε it is the sign of x.
  LayerCase("RMSNorm of width 1", [[1, 1], [5, 1]], { RMSNorm(1, epsilon: 0.1) }) { x, n in
    x.normalized(over: [1], epsilon: 0.1, centered: false) * n[0]
  },
  LayerCase("RMSNorm of width 17", [[3, 17]], { RMSNorm(17) }) { x, n in
    x.normalized(over: [1], epsilon: .ulpOfOne, centered: false) * n[0]
  },
]

private func attention(_ name: String, _ shapes: [Shape], _ heads: Int, causal: Bool = false) -> LayerCase {
  LayerCase(name, shapes, { [width = shapes[0][2]] in MultiHeadAttention(width, heads: heads, isCausal: causal) }) {
    x, n in
    x.attended(n, heads: heads, isCausal: causal)
  }
}

private func block(
  _ name: String, _ shapes: [Shape], _ heads: Int, _ placement: TransformerBlock.NormPlacement, causal: Bool = false
) -> LayerCase {
  let width = shapes[0][2]
  return LayerCase(name, shapes) {
    TransformerBlock(width, heads: heads, hidden: 7, placement: placement, isCausal: causal)
  } formula: { x, n in
    func norm(_ x: Float64Array, _ first: Int) -> Float64Array {
      x.normalized(over: [2], epsilon: 1e-5) * n[first] + n[first + 1]
    }
    func attention(_ x: Float64Array) -> Float64Array {
      x.attended(Array(n[..<8]), heads: heads, isCausal: causal)
    }
    func maps(_ x: Float64Array) -> Float64Array {
      x.linear(n[10], n[11]).map(ActivationFormulas.gelu).linear(n[12], n[13])
    }
    if placement == .pre {
      let attended = x + attention(norm(x, 8))
      return attended + maps(norm(attended, 14))
    }
    let attended = norm(x + attention(x), 8)
    return norm(attended + maps(attended), 14)
  }
}

private let sequenceCases: [LayerCase] = [
  attention("MultiHeadAttention", [[1, 1, 6], [2, 3, 6]], 2),
  attention("MultiHeadAttention, causal", [[1, 1, 6], [1, 5, 6]], 3, causal: true),
  attention("MultiHeadAttention of width 1", [[1, 1, 1], [2, 3, 1]], 1),
  block("TransformerBlock, pre-norm", [[1, 1, 6], [1, 3, 6]], 2, .pre),
  block("TransformerBlock, post-norm", [[1, 1, 6], [1, 3, 6]], 2, .post, causal: true),
  block("TransformerBlock of width 1, pre-norm", [[1, 1, 1], [3, 2, 1]], 1, .pre),
  block("TransformerBlock of width 1, post-norm", [[1, 1, 1], [3, 2, 1]], 1, .post, causal: true),
  LayerCase("Residual", [[1, 5], [3, 5]]) {
    Residual(Linear(5, 4), Tanh(), scale: 0.3, learnsScale: true, shortcut: Linear(5, 4, bias: false))
  } formula: { x, n in
    x.linear(n[3]) + n[0] * x.linear(n[1], n[2]).map(Foundation.tanh)
  },
  LayerCase("Residual, scaled", [[1, 5], [3, 5]], { Residual(Linear(5, 5), Tanh(), scale: 0.3) }) { x, n in
    x + x.linear(n[0], n[1]).map { Double(Float(0.3)) * Foundation.tanh($0) }
  },
  LayerCase("Residual of width 1", [[1, 1], [3, 1]], { Residual.reZero(Linear(1, 1), Tanh()) }) { x, n in
    x + n[0] * x.linear(n[1], n[2]).map(Foundation.tanh)
  },
]

/// `step` is the next state and cell state from those of the input and the state before, which are weighted sums for all gates.
private func recurrent(
  _ name: String, _ shapes: [Shape], _ units: Int, _ make: @escaping @Sendable () -> Module,
  _ step: @escaping @Sendable (_ x: [Double], _ own: [Double], _ h: Double, _ c: Double) -> (h: Double, c: Double)
) -> LayerCase {
  LayerCase(name, shapes, make) { x, n in
    let count = x.shape[0], time = x.shape[1], features = x.shape[2]
    var h = Float64Array([count, units]) { _ in 0 }, c = h, outputs: [Float64Array] = []
    for t in 0..<time {
      let fromInput = Float64Array([count, features]) { x[[$0[0], t, $0[1]]] }.linear(n[0], n[1])
      let fromState = h.linear(n[2], n[3])
      func gates(_ all: Float64Array, _ i: [Int]) -> [Double] {
        stride(from: 0, to: all.shape[1], by: units).map { all[[i[0], $0 + i[1]]] }
      }
      let next = Float64Array.indices([count, units]).map { i in
        step(gates(fromInput, i), gates(fromState, i), h[i], c[i])
      }
      h = Float64Array([count, units], next.map(\.h))
      c = Float64Array([count, units], next.map(\.c))
      outputs.append(h)
    }
    return Float64Array([count, time, units]) { outputs[$0[1]][[$0[0], $0[2]]] }
  }
}

private func lstm(_ name: String, _ shapes: [Shape], _ units: Int) -> LayerCase {
  recurrent(name, shapes, units, { [features = shapes[0][2]] in LSTM(features, units, forgetBias: 1) }) {
    x, own, _, c in
    let (i, f, g, o) = (x[0] + own[0], x[1] + own[1], x[2] + own[2], x[3] + own[3])
    let next = ActivationFormulas.sigmoid(f) * c + ActivationFormulas.sigmoid(i) * Foundation.tanh(g)
    return (ActivationFormulas.sigmoid(o) * Foundation.tanh(next), next)
  }
}

private func gru(_ name: String, _ shapes: [Shape], _ units: Int) -> LayerCase {
  recurrent(name, shapes, units, { [features = shapes[0][2]] in GRU(features, units) }) { x, own, h, _ in
    let reset = ActivationFormulas.sigmoid(x[0] + own[0]), keep = ActivationFormulas.sigmoid(x[1] + own[1])
    return ((1 - keep) * Foundation.tanh(x[2] + reset * own[2]) + keep * h, 0)
  }
}

private func rnn(_ name: String, _ shapes: [Shape], _ units: Int) -> LayerCase {
  recurrent(name, shapes, units, { [features = shapes[0][2]] in RNN(features, units) }) { x, own, _, _ in
    (Foundation.tanh(x[0] + own[0]), 0)
  }
}

private let recurrentCases: [LayerCase] = [
  rnn("RNN", [[1, 1, 3], [2, 3, 3]], 4), rnn("RNN of width 1", [[1, 1, 1], [2, 5, 1]], 1),
  rnn("RNN of 17 units", [[2, 2, 2]], 17),
  lstm("LSTM", [[1, 1, 3], [2, 3, 3]], 4), lstm("LSTM of width 1", [[1, 1, 1], [2, 5, 1]], 1),
  lstm("LSTM of 17 units", [[2, 2, 2]], 17), gru("GRU", [[1, 1, 3], [2, 3, 3]], 4),
  gru("GRU of width 1", [[1, 1, 1], [2, 5, 1]], 1), gru("GRU of 17 units", [[2, 2, 2]], 17),
]
