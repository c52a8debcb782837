import Autodiff

/// Elements chosen by indices, and orders.
let indexingMappings: [String: ONNXMapping] = [
  "Gather": { node in
    let x = try node.tensor(0), axis = fromFront(node.integer("axis", 0), x)
    return [x.take(axis: axis, try node.indices(1, along: x.shape[axis]))]
  },
  "GatherElements": { node in
    let x = try node.tensor(0), axis = fromFront(node.integer("axis", 0), x)
    return [x.gather(axis: axis, try node.indices(1, along: x.shape[axis]))]
  },
  "Scatter": scatter,
  "ScatterElements": scatter,
  "TopK": { node in
    let x = try node.tensor(0), k = try node.integers(1)[0], isLargest = node.integer("largest", 1) == 1
    _ = node.integer("sorted", 1)
    let (values, indices) = x.topK(k, axis: node.integer("axis", -1), largest: isLargest)
    return [values, Tensor(indices)]
  },
  "OneHot": { node in
    let classes = try node.integers(1)[0], values = try node.tensor(2)
    let indices = try node.indices(0, along: classes)
    // ONNX makes a row without a one of an index out of range; the project stops.
    try node.need(indices.values.allSatisfy { 0..<classes ~= $0 })
    let isClass = classesLast(Tensor(oneHot: indices, classes: classes), to: node.integer("axis", -1))
    let off = values.sliced(0, 0..<1), on = values.sliced(0, 1..<2)
    return [Tensor.where(isClass, on, off)]
  },
]

private let scatter: ONNXMapping = { node in
  let x = try node.tensor(0), axis = fromFront(node.integer("axis", 0), x), source = try node.tensor(2)
  let indices = try node.indices(1, along: x.shape[axis])
  switch node.text("reduction", "none") {
  case "add": return [x.scatterAdd(axis: axis, indices, source)]
  // Elements that are replaced, once each, change by the difference.
  case "none": return [x.scatterAdd(axis: axis, indices, source - x.gather(axis: axis, indices))]
  default: throw LeftOut.option
  }
}
