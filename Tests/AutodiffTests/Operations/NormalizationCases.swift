import Autodiff
import TestSupport

/// Normalizations, rotations, lookups, slices and padding, written out index by index.
let normalizationCases: [OperationCase] = normalizations + groupNormalizations + rotations + lookups

private let normalizationShapes: [[Int]] = [[5, 1], [4, 5], [3, 17], [2, 3, 2, 16], [9, 64]]

private let normalizations: [OperationCase] = normalizationShapes.flatMap { shape in
  normalizations(of: shape, hasParameters: true) + normalizations(of: shape, hasParameters: false)
}

private func normalizations(of shape: [Int], hasParameters: Bool) -> [OperationCase] {
  let columns = normalization("by column", shape, hasParameters, axes: Array(0..<shape.count - 1), centered: true) {
    batchNorm($0[0], weight: hasParameters ? $0[1] : nil, bias: hasParameters ? $0[2] : nil, epsilon: 0.1)
      .output
  }
  let rows = [true, false].map { (centered: Bool) -> OperationCase in
    normalization("by row, centered \(centered)", shape, hasParameters, axes: [shape.count - 1], centered: centered) {
      layerNorm(
        $0[0], weight: hasParameters ? $0[1] : nil, bias: hasParameters ? $0[2] : nil, epsilon: 0.1, centered: centered)
    }
  }
  return [columns] + rows
}

private let groupNormalizations: [OperationCase] = [([5, 6], 2), ([2, 3, 4], 4), ([2, 3, 2, 6], 3), ([3, 17], 1)]
  .flatMap {
    shape, groups in
    [true, false].map { (hasParameters: Bool) -> OperationCase in
      let channels = shape.last!
      return OperationCase(
        description: "normalization of \(groups) groups \(shape)\(hasParameters ? "" : " alone")",
        shapes: hasParameters ? [shape, [channels], [channels]] : [shape],
        operation: {
          groupNorm(
            $0[0], groups: groups, weight: hasParameters ? $0[1] : nil, bias: hasParameters ? $0[2] : nil, epsilon: 0.1)
        },
        reference: { x in
          let normal = x[0].normalizedInGroups(groups, epsilon: 0.1)
          return hasParameters ? normal * x[1] + x[2] : normal
        })
    }
  }

private let rotations: [OperationCase] = [RotaryPairing.halves, .interleaved].flatMap { pairing in
  // All features, and all but the last.
  [[2, 3, 4], [2, 2, 3, 5]].map { shape in
    OperationCase(
      description: "rotaryEmbedding \(pairing) \(shape)", shapes: [shape, [3, 2], [3, 2]],
      operation: { rotaryEmbedding($0[0], cosine: $0[1], sine: $0[2], pairing: pairing) },
      reference: { x in x[0].turned(x[1], x[2], isInterleaved: pairing == .interleaved) })
  }
}

private let lookups: [OperationCase] =
  [
    OperationCase(
      description: "take(rows:)", shapes: [[4, 3]],
      operation: { $0[0].take(rows: Tensor([1, 3, 3, 0, 3, 1], shape: [2, 3])) },
      reference: { $0[0].take(rows: Float64Array([2, 3], [1, 3, 3, 0, 3, 1])) }),
    OperationCase(
      description: "sliced", shapes: [[3, 5, 2]], operation: { $0[0].sliced(1, 1..<4) },
      reference: { x in Float64Array([3, 3, 2]) { x[0][[$0[0], $0[1] + 1, $0[2]]] } }),
    OperationCase(
      description: "padded", shapes: [[3, 2]], operation: { $0[0].padded(-1, before: 1, after: 2) },
      reference: { x in Float64Array([3, 5]) { (1...2).contains($0[1]) ? x[0][[$0[0], $0[1] - 1]] : 0 } }),
    OperationCase(
      description: "concatenated", shapes: [[2, 3], [2, 1]], operation: { concatenated($0, axis: 1) },
      reference: { x in Float64Array([2, 4]) { $0[1] < 3 ? x[0][$0] : x[1][[$0[0], 0]] } }),
  ]

private func normalization(
  _ name: String, _ shape: [Int], _ hasParameters: Bool, axes: [Int], centered: Bool,
  _ operation: @escaping @Sendable ([Tensor]) -> Tensor
) -> OperationCase {
  let channels = shape.last!
  return OperationCase(
    description: "normalization \(name) \(shape)\(hasParameters ? "" : " alone")",
    shapes: hasParameters ? [shape, [channels], [channels]] : [shape], operation: operation,
    reference: { x in
      let normal = x[0].normalized(over: axes, epsilon: 0.1, centered: centered)
      return hasParameters ? normal * x[1] + x[2] : normal
    })
}
