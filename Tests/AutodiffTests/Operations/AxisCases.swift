import Autodiff
import Foundation
import TestSupport

private func largest(_ values: [Double]) -> Double {
  values.contains(where: \.isNaN) ? .nan : values.reduce(-.infinity, Swift.max)
}
private func smallest(_ values: [Double]) -> Double { -largest(values.map { -$0 }) }
private func logSumExp(_ values: [Double]) -> Double { Foundation.log(values.reduce(0) { $0 + Foundation.exp($1) }) }
private func shares(_ values: [Double]) -> [Double] { values.map { Foundation.exp($0 - logSumExp(values)) } }
private func norm(_ p: Double, _ values: [Double]) -> Double {
  Foundation.pow(values.reduce(0) { $0 + Foundation.pow(abs($1), p) }, 1 / p)
}

private func reduction(
  _ name: String, _ operation: @escaping @Sendable (Tensor, [Int], Bool) -> Tensor,
  _ reference: @escaping @Sendable ([Double]) -> Double
) -> [OperationCase] {
  let layouts: [([Int], [Int], Bool)] = [
    ([7], [0], false), ([3, 17], [0], false), ([3, 17], [1], true), ([5, 4], [0, 1], false), ([2, 3, 4], [1], false),
    ([2, 3, 4], [0, 2], true), ([2, 3, 4], [], false),
  ]
  return layouts.map { shape, axes, keeping in
    OperationCase(
      description: "\(name) \(shape) over \(axes) \(keeping)", shapes: [shape], domain: awayFromZero,
      operation: { operation($0[0], axes, keeping) }, reference: { $0[0].reduced(axes, keeping: keeping, reference) })
  }
}

func along(
  _ name: String, choosing: Bool = false, _ operation: @escaping @Sendable (Tensor, Int) -> Tensor,
  _ reference: @escaping @Sendable ([Double]) -> [Double]
) -> [OperationCase] {
  [([6], 0), ([3, 17], 0), ([3, 17], 1), ([2, 3, 4], 1), ([2, 3, 4], -1)].map { shape, axis in
    OperationCase(
      description: "\(name) \(shape) along \(axis)", shapes: [shape], choosesElements: choosing,
      operation: { operation($0[0], axis) },
      reference: { $0[0].along(axis < 0 ? axis + shape.count : axis, reference) })
  }
}

/// Softmax under a mask that hides a whole row.
private func maskedSoftmax(_ shape: [Int], _ axis: Int) -> OperationCase {
  let mask: [Float] = [1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1]
  return OperationCase(
    description: "masked softmax \(shape) along \(axis)", shapes: [shape], domain: { 3 * $0 },
    operation: { softmax($0[0], mask: Tensor(mask, shape: Shape(shape.suffix(2))), axis: axis) },
    reference: { x in
      let isSeen = Float64Array(Array(shape.suffix(2)), mask.map(Double.init))
      let hidden = Float64Array.broadcast(x[0], isSeen) { $1 == 0 ? -.infinity : $0 }
      let probabilities = hidden.along(axis, shares)
      return Float64Array.broadcast(probabilities, isSeen) { $1 == 0 ? 0 : $0 }
    })
}

private let lists: [[OperationCase]] = [
  reduction("max", { $0.max(axes: $1, keepingDimensions: $2) }, largest),
  reduction("min", { $0.min(axes: $1, keepingDimensions: $2) }, smallest),
  reduction("product", { $0.product(axes: $1, keepingDimensions: $2) }, { $0.reduce(1, *) }),
  reduction("logSumExp", { $0.logSumExp(axes: $1, keepingDimensions: $2) }, logSumExp),
  reduction("norm", { $0.norm(axes: $1, keepingDimensions: $2) }, { norm(2, $0) }),
  reduction("norm 1", { $0.norm(1, axes: $1, keepingDimensions: $2) }, { norm(1, $0) }),
  reduction("norm 3", { $0.norm(3, axes: $1, keepingDimensions: $2) }, { norm(3, $0) }),
  reduction("norm ∞", { $0.norm(.infinity, axes: $1, keepingDimensions: $2) }, { largest($0.map(abs)) }),
  along("max with indices", choosing: true, { $0.max(axis: $1, keepingDimensions: true).values }, { [largest($0)] }),
  along("min with indices", choosing: true, { $0.min(axis: $1, keepingDimensions: true).values }, { [smallest($0)] }),
  along(
    "cumulativeSum", { $0.cumulativeSum(axis: $1) },
    { values in values.indices.map { values[...$0].reduce(0, +) } }),
  along("softmax", { softmax($0, axis: $1) }, shares),
  along("logSoftmax", { logSoftmax($0, axis: $1) }, { values in values.map { $0 - logSumExp(values) } }),
  [
    maskedSoftmax([3, 4], 1), maskedSoftmax([2, 3, 4], 2), maskedSoftmax([2, 3, 4], 0), maskedSoftmax([2, 4, 3], 1),
  ],
]

/// Operations over and along dimensions.
let axisCases: [OperationCase] = lists.flatMap(\.self)
