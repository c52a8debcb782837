import Autodiff

/// Sums, extrema and their like over dimensions.
let reductionMappings: [String: ONNXMapping] = [
  "ReduceSum": reduction { $0.sum(axes: $1, keepingDimensions: $2) },
  "ReduceMean": reduction { $0.mean(axes: $1, keepingDimensions: $2) },
  "ReduceProd": reduction { $0.product(axes: $1, keepingDimensions: $2) },
  "ReduceMax": reduction(ofNothing: false) { $0.max(axes: $1, keepingDimensions: $2) },
  "ReduceMin": reduction(ofNothing: false) { $0.min(axes: $1, keepingDimensions: $2) },
  "ReduceL1": reduction { $0.norm(1, axes: $1, keepingDimensions: $2) },
  "ReduceL2": reduction { $0.norm(2, axes: $1, keepingDimensions: $2) },
  "ReduceSumSquare": reduction { $0.squared().sum(axes: $1, keepingDimensions: $2) },
  "ReduceLogSum": reduction { log($0.sum(axes: $1, keepingDimensions: $2)) },
  "ReduceLogSumExp": reduction(ofNothing: false) { $0.logSumExp(axes: $1, keepingDimensions: $2) },
  "ArgMax": argument { $0.argmax(axis: $1, keepingDimensions: $2) },
  "ArgMin": argument { $0.argmin(axis: $1, keepingDimensions: $2) },
  "CumSum": { node in
    let x = try node.tensor(0), axis = try node.integers(1)[0]
    let isReversed = node.integer("reverse", 0) == 1
    let sums =
      isReversed
      ? x.flipped(axes: [axis]).cumulativeSum(axis: axis).flipped(axes: [axis])
      : x.cumulativeSum(axis: axis)
    return [node.integer("exclusive", 0) == 1 ? sums - x : sums]
  },
  "LpNormalization": { node in
    let x = try node.tensor(0), p = Float(node.integer("p", 2)), axis = node.integer("axis", -1)
    let norm = x.norm(p, axes: [axis], keepingDimensions: true)
    return [x / (norm + (norm .== 0))]
  },
]

/// A reduction over the axes of input 1 or of the attribute, or over all. `ofNothing` says whether the project reduces no elements.
private func reduction(
  ofNothing: Bool = true, _ reduce: @escaping @Sendable (Tensor, [Int], Bool) -> Tensor
) -> ONNXMapping {
  { node in
    let x = try node.tensor(0)
    var axes = try node.integersIfAny(1) ?? node.integers("axes") ?? []
    let keepsNone = node.integer("noop_with_empty_axes", 0) == 1
    if axes.isEmpty && !keepsNone { axes = Array(x.shape.indices) }
    try node.need(ofNothing || x.elementCount > 0)
    return [reduce(x, axes, node.integer("keepdims", 1) == 1)]
  }
}

private func argument(_ find: @escaping @Sendable (Tensor, Int, Bool) -> Indices) -> ONNXMapping {
  { node in
    // The project finds the first of equals.
    try node.need(node.integer("select_last_index", 0) == 0)
    return [Tensor(find(try node.tensor(0), node.integer("axis", 0), node.integer("keepdims", 1) == 1))]
  }
}
