import Autodiff
import TestSupport

/// Convolutions and pooling of channels-last images, and stacks of products, written out index by index.
let imageCases: [OperationCase] =
  convolutionCases.map(\.operationCase) + poolingCases.flatMap(\.self) + [globalPoolingCase] + productCases

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
