import Autodiff
import Testing

/// An operation on tensors without elements: a batch of none, or sums of nothing.
struct EmptyCase: Sendable, CustomStringConvertible {
  let description: String
  let shapes: [Shape]
  let result: Shape
  let operation: @Sendable ([Tensor]) -> Tensor

  init(
    _ description: String, _ shapes: [Shape], _ result: Shape, _ operation: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    (self.description, self.shapes, self.result, self.operation) = (description, shapes, result, operation)
  }
}

private func elementwise(_ name: String, _ operation: @escaping @Sendable (Tensor) -> Tensor) -> EmptyCase {
  EmptyCase(name, [[0, 5]], [0, 5]) { operation($0[0]) }
}

private let cases: [EmptyCase] =
  [
    elementwise("negate") { -$0 }, elementwise("relu", relu), elementwise("sigmoid", sigmoid),
    elementwise("tanh", tanh), elementwise("exp", exp), elementwise("log", log), elementwise("square", square),
    elementwise("squareRoot") { $0.squareRoot() }, elementwise("numbers") { (3 * $0 - 2) / 4 + 1 / $0 },
    elementwise("absolute") { $0.absolute() }, elementwise("clamped") { $0.clamped(to: -1...1) },
    elementwise("leakyReLU") { leakyReLU($0) }, elementwise("elu") { elu($0) }, elementwise("selu", selu),
    elementwise("softsign", softsign), elementwise("softplus", softplus), elementwise("silu", silu),
    elementwise("mish", mish), elementwise("hardSwish", hardSwish), elementwise("hardSigmoid", hardSigmoid),
    EmptyCase("prelu", [[0, 5], [5]], [0, 5]) { prelu($0[0], slope: $0[1]) },
    EmptyCase("glu", [[0, 6]], [0, 3]) { glu($0[0]) },
    EmptyCase("rotaryEmbedding", [[0, 3, 4], [3, 2], [3, 2]], [0, 3, 4]) {
      rotaryEmbedding($0[0], cosine: $0[1], sine: $0[2])
    },
    EmptyCase("normalization of groups", [[0, 3, 4], [4], [4]], [0, 3, 4]) {
      groupNorm($0[0], groups: 2, weight: $0[1], bias: $0[2], epsilon: 0.1)
    },

    elementwise("gelu") { gelu($0) }, elementwise("gelu by tanh") { gelu($0, tanhApproximation: true) },
    elementwise("softmax", softmax), elementwise("logSoftmax", logSoftmax),
    elementwise("sin", sin), elementwise("cos", cos), elementwise("erf", erf), elementwise("sign") { $0.sign() },
    elementwise("floor", floor), elementwise("ceil", ceil), elementwise("round", round),
    elementwise("pow") { pow($0, 1.5) }, elementwise("clamped from below") { $0.clamped(to: 0...) },
    EmptyCase("pow of two", [[0, 5], [5]], [0, 5]) { pow($0[0], $0[1]) },
    EmptyCase("maximum", [[0, 5], [5]], [0, 5]) { maximum($0[0], $0[1]) },
    EmptyCase("minimum", [[5], [0, 5]], [0, 5]) { minimum($0[0], $0[1]) },
    EmptyCase("where", [[0, 5], []], [0, 5]) { Tensor.where(Tensor(1), $0[0], $0[1]) },
    elementwise("rounded") { $0.cast(to: .bfloat16) },
    EmptyCase("+", [[0, 5], [5]], [0, 5]) { $0[0] + $0[1] },
    EmptyCase("-", [[5], [0, 5]], [0, 5]) { $0[0] - $0[1] },
    EmptyCase("*", [[0, 1], [1, 5]], [0, 5]) { $0[0] * $0[1] },
    EmptyCase("/", [[0, 5], []], [0, 5]) { $0[0] / $0[1] },
    EmptyCase("matmul of no rows", [[0, 3], [3, 4]], [0, 4]) { matmul($0[0], $0[1]) },
    EmptyCase("matmul of no columns", [[2, 3], [0, 3]], [2, 0]) { matmul($0[0], $0[1], transposeRight: true) },
    EmptyCase("matmul over nothing", [[0, 2], [0, 4]], [2, 4]) { matmul($0[0], $0[1], transposeLeft: true) },
    EmptyCase("stacked matmul", [[0, 2, 3], [0, 3, 4]], [0, 2, 4]) { matmul($0[0], $0[1]) },
    EmptyCase("linear", [[0, 3], [4, 3], [4]], [0, 4]) { linear($0[0], weight: $0[1], bias: $0[2]) },
    EmptyCase("linear of nothing", [[2, 0], [4, 0], [4]], [2, 4]) { linear($0[0], weight: $0[1], bias: $0[2]) },
    EmptyCase("convolve", [[0, 4, 4, 2], [3, 2, 3, 3], [3]], [0, 2, 2, 3]) {
      convolve($0[0], weight: $0[1], bias: $0[2])
    },
    EmptyCase("convolve 1 × 1", [[0, 4, 4, 2], [3, 2, 1, 1], [3]], [0, 2, 2, 3]) {
      convolve($0[0], weight: $0[1], bias: $0[2], stride: 2)
    },
    EmptyCase("convolve of no channels", [[1, 4, 4, 0], [3, 0, 3, 3], [3]], [1, 2, 2, 3]) {
      convolve($0[0], weight: $0[1], bias: $0[2])
    },
    EmptyCase("convolve sequences", [[0, 4, 2], [3, 2, 3], [3]], [0, 4, 3]) {
      convolve($0[0], weight: $0[1], bias: $0[2], padding: .same)
    },
    EmptyCase("convolveTransposed", [[0, 4, 4, 2], [2, 3, 3, 3], [3]], [0, 9, 6, 3]) {
      convolveTransposed($0[0], weight: $0[1], bias: $0[2], stride: [2, 1])
    },
    EmptyCase("convolveTransposed of no channels", [[1, 2, 2, 0], [0, 3, 3, 3], [3]], [1, 4, 4, 3]) {
      convolveTransposed($0[0], weight: $0[1], bias: $0[2])
    },
    EmptyCase("convolveTransposed 1 × 1", [[0, 2, 2, 2], [2, 3, 1, 1], [3]], [0, 3, 3, 3]) {
      convolveTransposed($0[0], weight: $0[1], bias: $0[2], stride: 2)
    },
    EmptyCase("adaptiveAveragePool", [[0, 4, 4, 2]], [0, 3, 1, 2]) { adaptiveAveragePool($0[0], outputSize: [3, 1]) },
    EmptyCase("resize", [[0, 4, 4, 2]], [0, 8, 6, 2]) { resize($0[0], to: [8, 6], mode: .linear) },
    EmptyCase("maxPool", [[0, 4, 4, 2]], [0, 2, 2, 2]) { maxPool($0[0], kernelSize: 2) },
    EmptyCase("averagePool", [[0, 4, 4, 2]], [0, 2, 2, 2]) { averagePool($0[0], kernelSize: 2) },
    EmptyCase("globalAveragePool", [[0, 4, 4, 2]], [0, 2]) { globalAveragePool($0[0]) },
    EmptyCase("normalization by row", [[0, 4], [4], [4]], [0, 4]) {
      layerNorm($0[0], weight: $0[1], bias: $0[2], epsilon: 0.1, centered: true)
    },
    EmptyCase("normalization by root mean square", [[0, 4], [4]], [0, 4]) {
      layerNorm($0[0], weight: $0[1], bias: nil, epsilon: 0.1, centered: false)
    },
    EmptyCase("sum", [[0, 5]], []) { $0[0].sum() },
    EmptyCase("sum of rows", [[0, 5]], [5]) { $0[0].sum(axes: [0]) },
    EmptyCase("sum of columns", [[0, 5]], [0, 1]) { $0[0].sum(axes: [1], keepingDimensions: true) },
    EmptyCase("mean of columns", [[0, 5]], [0]) { $0[0].mean(axes: [1]) },
    EmptyCase("max of columns", [[0, 5]], [0]) { $0[0].max(axes: [1]) },
    EmptyCase("max of columns with indices", [[0, 5]], [0]) { $0[0].max(axis: 1).values },
    EmptyCase("min of columns", [[0, 5]], [0, 1]) { $0[0].min(axes: [1], keepingDimensions: true) },
    EmptyCase("product of rows", [[0, 5]], [5]) { $0[0].product(axes: [0]) },
    EmptyCase("product of columns", [[0, 5]], [0]) { $0[0].product(axes: [1]) },
    EmptyCase("cumulativeSum", [[0, 5]], [0, 5]) { $0[0].cumulativeSum(axis: 0) },
    EmptyCase("norm of rows", [[0, 5]], [5]) { $0[0].norm(axes: [0]) },
    EmptyCase("norm of columns", [[0, 5]], [0]) { $0[0].norm(3, axes: [1]) },
    EmptyCase("logSumExp of columns", [[0, 5]], [0]) { $0[0].logSumExp(axes: [1]) },
    EmptyCase("softmax along 1", [[0, 3, 5]], [0, 3, 5]) { softmax($0[0], axis: 1) },
    EmptyCase("masked softmax", [[0, 5]], [0, 5]) { softmax($0[0], mask: Tensor(1)) },
    EmptyCase("take(rows:) of no indices", [[4, 3]], [0, 3]) { $0[0].take(rows: []) },
    EmptyCase("take along 1", [[0, 3]], [0, 2]) { $0[0].take(axis: 1, [2, 0]) },
    EmptyCase("gather", [[2, 3]], [2, 0]) { $0[0].gather(axis: 1, Indices([], shape: [2, 0])) },
    EmptyCase("scatterAdd", [[2, 3], [2, 0]], [2, 3]) { $0[0].scatterAdd(axis: 1, Indices([], shape: [2, 0]), $0[1]) },
    elementwise("sorted") { $0.sorted().values }, elementwise("sorted along 0") { $0.sorted(axis: 0).values },
    elementwise("flipped") { $0.flipped(axes: [0, 1]) }, elementwise("rolled") { $0.rolled(by: 3, axis: 0) },
    elementwise("lowerTriangle") { $0.lowerTriangle() },
    elementwise("part of a split") { $0.split(axis: 0, parts: 2)[1] },
    EmptyCase("topK", [[0, 5]], [0, 2]) { $0[0].topK(2).values },
    EmptyCase("topK of none", [[3, 5]], [3, 0]) { $0[0].topK(0).values },
    EmptyCase("stacked", [[0, 5], [0, 5]], [2, 0, 5]) { stacked($0) },
    EmptyCase("einsum over nothing", [[2, 0], [0, 4]], [2, 4]) { einsum("ij,jk->ik", $0[0], $0[1]) },
    EmptyCase("einsum of no rows", [[0, 3], [3]], [0, 3]) { einsum("ij,j->ij", $0[0], $0[1]) },
    EmptyCase("reshape", [[0, 6]], [3, 0, 2]) { $0[0].reshaped([3, 0, 2]) },
    EmptyCase("transpose", [[0, 5]], [5, 0]) { $0[0].transposed() },
    EmptyCase("broadcast", [[1, 5]], [0, 5]) { $0[0].broadcast(to: [0, 5]) },
    EmptyCase("take(rows:)", [[4, 3]], [0, 3]) { $0[0].take(rows: Tensor([], shape: [0])) },
    EmptyCase("sliced", [[3, 2]], [0, 2]) { $0[0].sliced(0, 1..<1) },
    EmptyCase("padded", [[0, 2]], [0, 5]) { $0[0].padded(1, before: 1, after: 2) },
    EmptyCase("padded where it is empty", [[0, 2]], [2, 2]) { $0[0].padded(0, before: 1, after: 1) },
    EmptyCase("concatenated", [[0, 2], [3, 2]], [3, 2]) { concatenated($0, axis: 0) },
    EmptyCase("crossEntropy", [[0, 5]], []) { crossEntropy($0[0], [], reduction: .sum) },
    EmptyCase("smoothed crossEntropy", [[0, 5]], [0]) {
      crossEntropy($0[0], [], labelSmoothing: 0.1, reduction: .none)
    },
    EmptyCase("meanSquaredError", [[0, 5], [0, 5]], []) { meanSquaredError($0[0], $0[1], reduction: .sum) },
    EmptyCase("meanAbsoluteError", [[0, 5], [0, 5]], []) { meanAbsoluteError($0[0], $0[1], reduction: .sum) },
    EmptyCase("huberLoss", [[0, 5], [0, 5]], []) { huberLoss($0[0], $0[1], reduction: .sum) },
    EmptyCase("binaryCrossEntropy", [[0, 5], [0, 5], [5]], []) {
      binaryCrossEntropy(logits: $0[0], $0[1], positiveWeight: $0[2], reduction: .sum)
    },
    EmptyCase("checkpointed", [[0, 5]], [0, 5]) { x in checkpointed { tanh(x[0]) } },
  ]

@Suite struct EmptyTests {
  /// The result has its shape and is finite, and so are gradients and those of gradients; where a batch has no samples,
  /// gradients are zeros.
  @Test(arguments: cases, [Precision.float32, .bfloat16]) func shapesAndGradients(
    _ operation: EmptyCase, _ precision: Precision
  ) {
    let inputs = operation.shapes.map { Tensor(repeating: 0.5, shape: $0).requiringGradient() }
    func result() -> Tensor { withPrecision(precision) { operation.operation(inputs) } }
    let output = result()
    #expect(output.shape == operation.result)
    #expect(output.values.allSatisfy { $0.isFinite })
    output.sum().backward()
    for input in inputs {
      #expect(input.gradient?.shape == input.shape)
      if output.elementCount == 0 { #expect(input.gradient?.values.allSatisfy { $0 == 0 } == true) }
    }
    let first = gradients(of: square(result()).sum(), withRespectTo: inputs, keepingTape: true)
    let slope = first.reduce(Tensor(0)) { $0 + square($1).sum() }
    for (second, input) in zip(gradients(of: slope, withRespectTo: inputs), inputs) {
      #expect(second.shape == input.shape && second.values.allSatisfy { $0.isFinite })
    }
  }

  @Test func sumsOfNothing() {
    #expect(Tensor([], shape: [0]).sum().value == 0)
    #expect(Tensor([], shape: [0]).mean().value.isNaN)
    #expect(Tensor([], shape: [0, 2]).sum(axes: [0]).values == [0, 0])
    let bias = Tensor([1, -2], shape: [2])
    #expect(linear(Tensor([], shape: [1, 0]), weight: Tensor([], shape: [2, 0]), bias: bias).values == [1, -2])
    let images = Tensor([], shape: [1, 1, 1, 0]), window = Tensor([], shape: [2, 0, 1, 1])
    #expect(convolve(images, weight: window, bias: bias).values == [1, -2])
    let around = convolve(images, weight: window, bias: bias, padding: 1)
    #expect(around.values == (0..<18).map { $0 % 2 == 0 ? 1 : -2 })
  }
}
