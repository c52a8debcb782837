import Autodiff

/// Convolutions and pooling of channels-last images, and stacks of products, written out index by index.
let imageCases: [OperationCase] =
  [
    ConvolutionCase([2, 5, 4, 3], [2, 3, 3, 2]), ConvolutionCase([1, 1, 1, 1], [1, 1, 1, 1]),
    ConvolutionCase([2, 5, 6, 2], [3, 2, 3, 3], stride: 2, padding: 1),
    ConvolutionCase([1, 4, 4, 6], [4, 3, 3, 3], padding: 1, groups: 2),
    ConvolutionCase([1, 3, 5, 4], [4, 1, 2, 3], padding: 1, groups: 4), ConvolutionCase([3, 2, 2, 17], [5, 17, 1, 1]),
    ConvolutionCase([2, 5, 4, 3], [2, 3, 1, 1], stride: 2),
  ].map(\.operationCase)
  + [(2, 2, 0), (3, 2, 1), (1, 1, 0), (2, 1, 0)].flatMap { window, stride, padding in
    [
      OperationCase(
        description: "maxPool \(window) \(stride) \(padding)", shapes: [[2, 5, 4, 3]],
        operation: { maxPool($0[0], window: window, stride: stride, padding: padding) },
        reference: { pooled($0[0], window, stride, padding) { $0.contains(where: \.isNaN) ? .nan : $0.max()! } }),
      OperationCase(
        description: "averagePool \(window) \(stride) \(padding)", shapes: [[2, 5, 4, 3]],
        operation: { averagePool($0[0], window: window, stride: stride, padding: padding) },
        reference: { pooled($0[0], window, stride, padding) { $0.reduce(0, +) / Double(window * window) } }),
    ]
  }
  + [
    OperationCase(
      description: "globalAveragePool", shapes: [[2, 3, 4, 5]], operation: { globalAveragePool($0[0]) },
      reference: { $0[0].sum([1, 2]).map { $0 / 12 } })
  ]
  + [(false, false), (false, true), (true, false), (true, true)].map { left, right in
    OperationCase(
      description: "stacked matmul \(left) \(right)",
      shapes: [left ? [2, 3, 4, 5] : [2, 3, 5, 4], right ? [2, 3, 6, 4] : [2, 3, 4, 6]],
      operation: { matmul($0[0], $0[1], transposeLeft: left, transposeRight: right) },
      reference: { x in
        Float64Array([2, 3, 5, 6]) { i in
          (0..<4).reduce(0) { sum, k in
            sum + x[0][[i[0], i[1]] + (left ? [k, i[2]] : [i[2], k])]
              * x[1][[i[0], i[1]] + (right ? [i[3], k] : [k, i[3]])]
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
      reference: { reference($0[0], $0[1], $0[2]) })
  }

  private func reference(_ x: Float64Array, _ weight: Float64Array, _ bias: Float64Array) -> Float64Array {
    let high = (images[1] + 2 * padding - weights[2]) / stride + 1
    let wide = (images[2] + 2 * padding - weights[3]) / stride + 1
    let perGroup = weights[0] / groups
    return Float64Array([images[0], high, wide, weights[0]]) { i in
      var sum = bias[[i[3]]]
      for a in 0..<weights[2] {
        for b in 0..<weights[3] {
          let row = i[1] * stride + a - padding, column = i[2] * stride + b - padding
          guard (0..<images[1]).contains(row), (0..<images[2]).contains(column) else { continue }
          for c in 0..<weights[1] {
            sum += x[[i[0], row, column, i[3] / perGroup * weights[1] + c]] * weight[[i[3], c, a, b]]
          }
        }
      }
      return sum
    }
  }
}

private func pooled(
  _ x: Float64Array, _ window: Int, _ stride: Int, _ padding: Int, _ combine: ([Double]) -> Double
) -> Float64Array {
  let high = (x.shape[1] + 2 * padding - window) / stride + 1, wide = (x.shape[2] + 2 * padding - window) / stride + 1
  return Float64Array([x.shape[0], high, wide, x.shape[3]]) { i in
    var seen: [Double] = []
    for a in 0..<window {
      for b in 0..<window {
        let row = i[1] * stride + a - padding, column = i[2] * stride + b - padding
        guard (0..<x.shape[1]).contains(row), (0..<x.shape[2]).contains(column) else { continue }
        seen.append(x[[i[0], row, column, i[3]]])
      }
    }
    return combine(seen)
  }
}
