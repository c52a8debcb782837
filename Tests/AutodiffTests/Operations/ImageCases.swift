import Autodiff
import TestSupport

/// Convolutions and pooling of channels-last images, and stacks of products, written out index by index.
let imageCases: [OperationCase] = [
  convolutionCases.map(\.operationCase), poolingCases.flatMap(\.self), [globalPoolingCase], windowCases,
  transposedCases,
  windowPoolingCases, resizingCases, productCases,
].flatMap(\.self)

private let convolutionCases = [
  ConvolutionCase([2, 5, 4, 3], [2, 3, 3, 2]), ConvolutionCase([1, 1, 1, 1], [1, 1, 1, 1]),
  ConvolutionCase([2, 5, 6, 2], [3, 2, 3, 3], stride: 2, padding: 1),
  ConvolutionCase([1, 4, 4, 6], [4, 3, 3, 3], padding: 1, groups: 2),
  ConvolutionCase([1, 3, 5, 4], [4, 1, 2, 3], padding: 1, groups: 4), ConvolutionCase([3, 2, 2, 17], [5, 17, 1, 1]),
  ConvolutionCase([2, 5, 4, 3], [2, 3, 1, 1], stride: 2),
]

private let poolingCases: [[OperationCase]] = [(2, 2, 0), (3, 2, 1), (1, 1, 0), (2, 1, 0)].map {
  (window: Int, stride: Int, padding: Int) in
  [
    OperationCase(
      description: "maxPool \(window) \(stride) \(padding)", shapes: [[2, 5, 4, 3]],
      operation: { maxPool($0[0], kernelSize: window, stride: stride, padding: padding) },
      reference: { $0[0].maxPooled(window, stride: stride, padding: padding) }),
    OperationCase(
      description: "averagePool \(window) \(stride) \(padding)", shapes: [[2, 5, 4, 3]],
      operation: { averagePool($0[0], kernelSize: window, stride: stride, padding: padding) },
      reference: { $0[0].averagePooled(window, stride: stride, padding: padding) }),
  ]
}

private func convolution(
  _ name: String, _ images: [Int], _ weights: [Int], _ formula: WindowFormula, groups: Int = 1,
  _ operation: @escaping @Sendable ([Tensor]) -> Tensor
) -> OperationCase {
  OperationCase(
    description: "convolve \(name)", shapes: [images, weights, [weights[0]]], operation: operation,
    reference: { $0[0].convolved($0[1], $0[2], formula, groups: groups) })
}

private let windowCases = [
  convolution("dilated", [1, 6, 7, 2], [3, 2, 3, 2], WindowFormula([3, 2], dilation: [2, 3], before: [2, 1])) {
    convolve($0[0], weight: $0[1], bias: $0[2], dilation: [2, 3], padding: [2, 1])
  },
  convolution(
    "by sides", [2, 5, 4, 3], [2, 3, 2, 3], WindowFormula([2, 3], stride: [2, 1], before: [1, 0], after: [0, 2])
  ) {
    convolve($0[0], weight: $0[1], bias: $0[2], stride: [2, 1], padding: .sides(before: [1, 0], after: [0, 2]))
  },
  convolution("same", [1, 5, 4, 2], [2, 2, 4, 3], WindowFormula([4, 3], before: [1, 1], after: [2, 1])) {
    convolve($0[0], weight: $0[1], bias: $0[2], padding: .same)
  },
  // ⌈5 / 2⌉ and ⌈4 / 3⌉ windows.
  convolution(
    "same, lower", [1, 5, 4, 2], [2, 2, 4, 3],
    WindowFormula([4, 3], stride: [2, 3], before: [2, 1], after: [1, 1])
  ) {
    convolve($0[0], weight: $0[1], bias: $0[2], stride: [2, 3], padding: .sameLower)
  },
  convolution(
    "grouped and dilated", [1, 5, 6, 4], [6, 2, 2, 2], WindowFormula([2, 2], dilation: [3, 2]), groups: 2
  ) {
    convolve($0[0], weight: $0[1], bias: $0[2], dilation: [3, 2], groups: 2)
  },
  convolution(
    "of unequal strides, pixel by pixel", [2, 5, 4, 3], [2, 3, 1, 1], WindowFormula([1, 1], stride: [2, 3])
  ) {
    convolve($0[0], weight: $0[1], bias: $0[2], stride: [2, 3])
  },
  convolution(
    "sequences", [2, 7, 3], [4, 3, 3], WindowFormula([3], stride: [2], dilation: [2], before: [4], after: [0])
  ) {
    convolve($0[0], weight: $0[1], bias: $0[2], stride: 2, dilation: 2, padding: .sides(before: 4, after: 0))
  },
]

private func transposed(
  _ name: String, _ images: [Int], _ weights: [Int], _ formula: WindowFormula, groups: Int = 1,
  _ operation: @escaping @Sendable ([Tensor]) -> Tensor
) -> OperationCase {
  OperationCase(
    description: "convolveTransposed \(name)", shapes: [images, weights, [weights[1] * groups]], operation: operation,
    reference: { $0[0].convolvedTransposed($0[1], $0[2], formula, groups: groups) })
}

private let transposedCases = [
  transposed(
    "by 2", [2, 3, 2, 3], [3, 2, 3, 3], WindowFormula([3, 3], stride: [2, 2], before: [1, 1], more: [1, 1])
  ) {
    convolveTransposed($0[0], weight: $0[1], bias: $0[2], stride: 2, padding: 1, outputPadding: 1)
  },
  transposed(
    "of unequal axes", [1, 3, 2, 4], [4, 1, 2, 3],
    WindowFormula([2, 3], stride: [1, 3], dilation: [2, 1], before: [1, 0], after: [0, 2], more: [0, 2]), groups: 2
  ) {
    convolveTransposed(
      $0[0], weight: $0[1], bias: $0[2], stride: [1, 3], dilation: [2, 1],
      padding: .sides(before: [1, 0], after: [0, 2]), outputPadding: [0, 2], groups: 2)
  },
  // 2 · 3 and 3 · 2, the second larger than the kernel reaches.
  transposed(
    "same", [1, 3, 2, 2], [2, 3, 4, 2],
    WindowFormula([4, 2], stride: [2, 3], before: [1, 0], after: [1, 0], more: [0, 1])
  ) {
    convolveTransposed($0[0], weight: $0[1], bias: $0[2], stride: [2, 3], padding: .same)
  },
  transposed("pixel by pixel", [2, 3, 2, 3], [3, 4, 1, 1], WindowFormula([1, 1], stride: [2, 1], more: [1, 0])) {
    convolveTransposed($0[0], weight: $0[1], bias: $0[2], stride: [2, 1], outputPadding: [1, 0])
  },
  transposed("sequences", [2, 3, 2], [2, 4, 4], WindowFormula([4], stride: [2], before: [1], after: [1], more: [0])) {
    convolveTransposed($0[0], weight: $0[1], bias: $0[2], stride: 2, padding: 1)
  },
]

private func pooling(
  _ name: String, _ shape: [Int], _ operation: @escaping @Sendable (Tensor) -> Tensor,
  _ reference: @escaping @Sendable (Float64Array) -> Float64Array
) -> OperationCase {
  OperationCase(
    description: name, shapes: [shape], operation: { operation($0[0]) }, reference: { reference($0[0]) })
}

private let windowPoolingCases = [
  pooling("maxPool dilated", [2, 5, 6, 2]) {
    maxPool($0, kernelSize: [2, 3], stride: [2, 1], dilation: 2, padding: [0, 1])
  } _: {
    $0.maxPooled(WindowFormula([2, 3], stride: [2, 1], dilation: [2, 2], before: [0, 1]))
  },
  pooling("maxPool rounded up", [1, 6, 5, 2]) {
    maxPool($0, kernelSize: 3, stride: [2, 4], padding: .sides(before: [1, 0], after: 0), ceilMode: true)
  } _: {
    $0.maxPooled(WindowFormula([3, 3], stride: [2, 4], before: [1, 0], after: [0, 0], ceilMode: true))
  },
  pooling("maxPool of sequences", [2, 7, 3]) {
    maxPool($0, kernelSize: 3, stride: 2, padding: .same)
  } _: {
    $0.maxPooled(WindowFormula([3], stride: [2], before: [1]))
  },
  pooling("averagePool rounded up", [1, 6, 5, 2]) {
    averagePool($0, kernelSize: [3, 2], stride: [2, 4], padding: [1, 1], ceilMode: true)
  } _: {
    $0.averagePooled(WindowFormula([3, 2], stride: [2, 4], before: [1, 1], ceilMode: true))
  },
  pooling("averagePool without padding", [1, 6, 5, 2]) {
    averagePool($0, kernelSize: 3, stride: 2, padding: [1, 0], ceilMode: true, countIncludePadding: false)
  } _: {
    $0.averagePooled(WindowFormula([3, 3], stride: [2, 2], before: [1, 0], ceilMode: true), countsPadding: false)
  },
  pooling("averagePool dilated", [1, 5, 6, 2]) {
    averagePool($0, kernelSize: 2, stride: 1, dilation: [3, 2])
  } _: {
    $0.averagePooled(WindowFormula([2, 2], dilation: [3, 2]))
  },
  pooling("averagePool of sequences", [2, 6, 3]) {
    averagePool($0, kernelSize: 3, stride: 2, ceilMode: true)
  } _: {
    $0.averagePooled(WindowFormula([3], stride: [2], ceilMode: true))
  },
  pooling("adaptiveAveragePool", [2, 5, 4, 3]) {
    adaptiveAveragePool($0, outputSize: [3, 2])
  } _: {
    $0.adaptivelyPooled(to: [3, 2])
  },
  pooling("adaptiveAveragePool to more", [1, 2, 3, 2]) {
    adaptiveAveragePool($0, outputSize: 5)
  } _: {
    $0.adaptivelyPooled(to: [5, 5])
  },
  pooling("adaptiveAveragePool of sequences", [2, 7, 3]) {
    adaptiveAveragePool($0, outputSize: 4)
  } _: {
    $0.adaptivelyPooled(to: [4])
  },
]

// Sizes whose quotients Float32 holds exactly, so that places on the border between two elements are the same in both.
private let resizingCases = [
  pooling("resize nearest", [2, 3, 4, 2]) {
    resize($0, to: [6, 3])
  } _: {
    $0.resizedToNearest([6, 3])
  },
  pooling("resize nearest, exact", [1, 4, 3, 2]) {
    resize($0, to: [7, 2], mode: .nearestExact)
  } _: {
    $0.resizedToNearest([7, 2], exact: true)
  },
  pooling("resize linear", [2, 3, 5, 2]) {
    resize($0, to: [6, 2], mode: .linear)
  } _: {
    $0.resizedLinearly([6, 2])
  },
  pooling("resize linear, corners aligned", [2, 3, 5, 2]) {
    resize($0, to: [5, 1], mode: .linear, alignCorners: true)
  } _: {
    $0.resizedLinearly([5, 1], alignCorners: true)
  },
  pooling("resize sequences by a factor", [2, 4, 3]) {
    resize($0, scaleFactor: [2], mode: .linear)
  } _: {
    $0.resizedLinearly([8])
  },
]

private let globalPoolingCase =
  OperationCase(
    description: "globalAveragePool", shapes: [[2, 3, 4, 5]], operation: { globalAveragePool($0[0]) },
    reference: { $0[0].sum([1, 2]).map { $0 / 12 } })

private let productCases = [(false, false), (false, true), (true, false), (true, true)].map { left, right in
  OperationCase(
    description: "stacked matmul \(left) \(right)",
    shapes: [left ? [2, 3, 4, 5] : [2, 3, 5, 4], right ? [2, 3, 6, 4] : [2, 3, 4, 6]],
    operation: { matmul($0[0], $0[1], transposeLeft: left, transposeRight: right) },
    reference: { x in
      Float64Array([2, 3, 5, 6]) { i in
        (0..<4).reduce(0) { sum, k in
          let first = left ? [i[0], i[1], k, i[2]] : [i[0], i[1], i[2], k]
          let second = right ? [i[0], i[1], i[3], k] : [i[0], i[1], k, i[3]]
          return sum + x[0][first] * x[1][second]
        }
      }
    })
}

private struct ConvolutionCase {
  let images, weights: [Int]
  let stride, padding, groups: Int

  init(_ images: [Int], _ weights: [Int], stride: Int = 1, padding: Int = 0, groups: Int = 1) {
    (self.images, self.weights, self.stride, self.padding, self.groups) = (images, weights, stride, padding, groups)
  }

  var operationCase: OperationCase {
    OperationCase(
      description: "convolve \(images) \(weights) \(stride) \(padding) \(groups)",
      shapes: [images, weights, [weights[0]]],
      operation: { convolve($0[0], weight: $0[1], bias: $0[2], stride: stride, padding: padding, groups: groups) },
      reference: { $0[0].convolved($0[1], $0[2], stride: stride, padding: padding, groups: groups) })
  }
}
