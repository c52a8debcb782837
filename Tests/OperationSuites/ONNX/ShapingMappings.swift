import Autodiff

/// Shapes, parts and copies.
let shapingMappings: [String: ONNXMapping] = [
  "Transpose": { node in
    let x = try node.tensor(0)
    return [x.transposed(order: node.integers("perm") ?? Array(x.shape.indices.reversed()))]
  },
  "Reshape": { node in
    let x = try node.tensor(0), keepsZeros = node.integer("allowzero", 0) == 1
    var sizes = try node.integers(1)
    for axis in sizes.indices where sizes[axis] == 0 && !keepsZeros { sizes[axis] = x.shape[axis] }
    if let rest = sizes.firstIndex(of: -1) {
      sizes[rest] = 1
      sizes[rest] = x.elementCount / sizes.reduce(1, *)
    }
    return [x.reshaped(Shape(sizes))]
  },
  "Flatten": { node in
    let x = try node.tensor(0), axis = fromFront(node.integer("axis", 1), x)
    return [x.reshaped([x.shape.prefix(axis).reduce(1, *), x.shape.dropFirst(axis).reduce(1, *)])]
  },
  "Squeeze": { node in
    let x = try node.tensor(0)
    let axes = try node.integersIfAny(1)?.map { fromFront($0, x) } ?? x.shape.indices.filter { x.shape[$0] == 1 }
    return [x.reshaped(Shape(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }))]
  },
  "Unsqueeze": { node in
    let x = try node.tensor(0), axes = try node.integers(1), rank = x.shape.count + axes.count
    var sizes = Array(x.shape)
    for axis in axes.map({ $0 < 0 ? $0 + rank : $0 }).sorted() { sizes.insert(1, at: axis) }
    return [x.reshaped(Shape(sizes))]
  },
  "Expand": { node in
    let x = try node.tensor(0), asked = try node.integers(1)
    let rank = max(x.shape.count, asked.count)
    func padded(_ sizes: [Int]) -> [Int] { Array(repeating: 1, count: rank - sizes.count) + sizes }
    return [x.broadcast(to: Shape(zip(padded(Array(x.shape)), padded(asked)).map { max($0, $1) }))]
  },
  "Tile": { node in
    let repeats = try node.integers(1)
    return [
      try repeats.indices.reduce(node.tensor(0)) { x, axis in
        concatenated(Array(repeating: x, count: repeats[axis]), axis: axis)
      }
    ]
  },
  "Concat": { node in [concatenated(try node.tensors(), axis: node.integer("axis", 0))] },
  "Split": { node in
    let x = try node.tensor(0), axis = node.integer("axis", 0), size = x.shape[fromFront(axis, x)]
    let parts = node.integer("num_outputs", node.outputs), most = (size + parts - 1) / parts
    let sizes = try node.integersIfAny(1) ?? (0..<parts).map { min(most, size - $0 * most) }
    return x.split(axis: axis, sizes: sizes)
  },
  "Slice": { node in
    let x = try node.tensor(0)
    let starts = try node.integers(1), ends = try node.integers(2)
    let axes = try node.integersIfAny(3) ?? Array(starts.indices)
    let steps = try node.integersIfAny(4) ?? starts.map { _ in 1 }
    return [starts.indices.reduce(x) { slice($0, axes[$1], starts[$1], ends[$1], steps[$1]) }]
  },
  "Pad": { node in
    var x = try node.tensor(0)
    try node.need(node.text("mode", "constant") == "constant")
    let pads = try node.integers(1), value = try node.tensorIfAny(2)?.value ?? 0
    let axes = try node.integersIfAny(3) ?? Array(x.shape.indices)
    try node.need(pads.allSatisfy { $0 >= 0 })
    var isInside = Tensor(repeating: 1, shape: x.shape)
    for (place, axis) in axes.enumerated() {
      let before = pads[place], after = pads[place + axes.count]
      x = x.padded(axis, before: before, after: after)
      isInside = isInside.padded(axis, before: before, after: after)
    }
    return [value == 0 ? x : Tensor.where(isInside, x, Tensor(value))]
  },
  "Trilu": { node in
    let x = try node.tensor(0), diagonal = try node.integersIfAny(1)?[0] ?? 0
    return [
      node.integer("upper", 1) == 1 ? x.upperTriangle(diagonal: diagonal) : x.lowerTriangle(diagonal: diagonal)
    ]
  },
  "DepthToSpace": { node in
    let x = try node.tensor(0), size = node.integer("blocksize", 1), isCRD = node.text("mode", "DCR") == "CRD"
    let (n, c, h, w) = (x.shape[0], x.shape[1] / size / size, x.shape[2], x.shape[3])
    let blocks = x.reshaped(isCRD ? [n, c, size, size, h, w] : [n, size, size, c, h, w])
    let moved = isCRD ? blocks.transposed(0, 1, 4, 2, 5, 3) : blocks.transposed(0, 3, 4, 1, 5, 2)
    return [moved.reshaped([n, c, h * size, w * size])]
  },
  "SpaceToDepth": { node in
    let x = try node.tensor(0), size = node.integer("blocksize", 1), isCRD = node.text("mode", "DCR") == "CRD"
    let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2] / size, x.shape[3] / size)
    let blocks = x.reshaped([n, c, h, size, w, size])
    let moved = isCRD ? blocks.transposed(0, 1, 3, 5, 2, 4) : blocks.transposed(0, 3, 5, 1, 2, 4)
    return [moved.reshaped([n, c * size * size, h, w])]
  },
]

/// As x[start:end:step] of NumPy along an axis.
private func slice(_ x: Tensor, _ axis: Int, _ start: Int, _ end: Int, _ step: Int) -> Tensor {
  let axis = fromFront(axis, x), size = x.shape[axis]
  func place(_ index: Int, _ least: Int, _ most: Int) -> Int { min(max(index < 0 ? index + size : index, least), most) }
  if step == 1 {
    let first = place(start, 0, size)
    return x.sliced(axis, first..<max(first, place(end, 0, size)))
  }
  let first = step > 0 ? place(start, 0, size) : place(start, -1, size - 1)
  let last = step > 0 ? place(end, 0, size) : place(end, -1, size - 1)
  let places = Array(stride(from: first, to: last, by: step))
  return x.take(axis: axis, Indices(places, shape: [places.count]))
}
