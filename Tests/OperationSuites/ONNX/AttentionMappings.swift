import Autodiff

/// Attention, in products and `softmax` with a mask, and rotary embeddings.
let attentionMappings: [String: ONNXMapping] = [
  "Attention": { node in
    let given = try node.tensor(0), precision = given.precision
    let heads = (node.integer("q_num_heads", 1), node.integer("kv_num_heads", 1))
    let query = byHead(given, heads.0)
    var key = byHead(try node.tensor(1), heads.1), value = byHead(try node.tensor(2), heads.1)
    let past = try node.tensorIfAny(4)
    if let past { key = concatenated([past, key], axis: 2) }
    if let past = try node.tensorIfAny(5) { value = concatenated([past, value], axis: 2) }
    let present = (key, value), groups = query.shape[1] / key.shape[1]
    (key, value) = (repeated(key, groups), repeated(value, groups))

    let scale = node.float("scale", 1 / Float(query.shape[3]).squareRoot())
    var scores = matmul(query * scale, key, transposeRight: true)
    let cap = node.float("softcap", 0)
    if cap > 0 { scores = cap * tanh(scores / cap) }

    // Which keys each query may see, and what is added to their scores.
    let (queries, keys) = (query.shape[2], key.shape[2])
    let lengths = try node.integersIfAny(6)
    var isSeen = try positions(node, queries, keys, lengths?.map { $0 - queries } ?? [past?.shape[2] ?? 0])
    if let lengths { isSeen = isSeen * isWithin(lengths, keys) }
    var biased = scores
    if let mask = try node.tensorIfAny(3) {
      let missing = keys - mask.shape.last!, isBias = node.isFloat(3)
      let isOpen = isBias ? mask .> -Float.infinity : mask
      isSeen = isSeen * isOpen.padded(-1, before: 0, after: missing)
      if isBias { biased = biased + Tensor.where(isOpen, mask, Tensor(0)).padded(-1, before: 0, after: missing) }
    }
    _ = node.integer("softmax_precision", 1)
    let weights = softmax(biased, mask: isSeen).cast(to: precision)
    let y = matmul(weights, value)
    let output =
      given.shape.count == 3
      ? y.transposed(0, 2, 1, 3).reshaped([y.shape[0], y.shape[2], y.shape[1] * y.shape[3]]) : y
    let shown =
      switch node.integer("qk_matmul_output_mode", 0) {
      case 2: Tensor.where(isSeen, biased, Tensor(-Float.infinity))
      case 3: weights
      default: scores
      }
    return [output, present.0, present.1, shown]
  },
  "RotaryEmbedding": { node in
    let x = try node.tensor(0), heads = node.integer("num_heads", 1)
    // The tables have so many angles.
    _ = node.integer("rotary_embedding_dim", 0)
    let pairing: RotaryPairing = node.integer("interleaved", 0) == 1 ? .interleaved : .halves
    // [n, length, pairs], or a table of them by position.
    func angles(_ index: Int) throws -> Tensor {
      var table = try node.tensor(index)
      if node.has(3) { table = table.take(rows: try node.indices(3, along: table.shape[0])) }
      return table.reshaped([table.shape[0], 1, table.shape[1], table.shape[2]])
    }
    let y = rotaryEmbedding(byHead(x, heads), cosine: try angles(1), sine: try angles(2), pairing: pairing)
    return [x.shape.count == 3 ? y.transposed(0, 2, 1, 3).reshaped(x.shape) : y]
  },
]

/// [n, length, heads · width] to [n, heads, length, width]; what has four dimensions stays.
private func byHead(_ x: Tensor, _ heads: Int) -> Tensor {
  guard x.shape.count == 3 else { return x }
  return x.reshaped([x.shape[0], x.shape[1], heads, x.shape[2] / heads]).transposed(0, 2, 1, 3)
}

/// Each head `count` times in a row.
private func repeated(_ x: Tensor, _ count: Int) -> Tensor {
  let (n, heads, length, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
  return x.reshaped([n, heads, 1, length, width]).broadcast(to: [n, heads, count, length, width])
    .reshaped([n, heads * count, length, width])
}

/// 1 where a query may see a key by their positions, [n or 1, 1, queries, keys]. Queries begin at the offsets.
private func positions(_ node: ONNXNode, _ queries: Int, _ keys: Int, _ offsets: [Int]) throws -> Tensor {
  let left = node.integer("left_window_size", -1), right = node.integer("right_window_size", -1)
  let isCausal = node.integer("is_causal", 0) == 1
  let all = Tensor(repeating: 1, shape: [queries, keys])
  let masks = offsets.map { offset in
    var mask = all
    if isCausal { mask = mask.lowerTriangle(diagonal: offset) }
    if right >= 0 { mask = mask.lowerTriangle(diagonal: offset + right) }
    if left >= 0 { mask = mask.upperTriangle(diagonal: offset - left) }
    return mask
  }
  return stacked(masks).reshaped([offsets.count, 1, queries, keys])
}

/// 1 at the first keys of each sequence, as many as its length, [n, 1, 1, keys].
private func isWithin(_ lengths: [Int], _ keys: Int) -> Tensor {
  let positions = Tensor((0..<keys).map { Float($0) }, shape: [keys])
  return positions .< Tensor(lengths.map { Float($0) }, shape: [lengths.count, 1, 1, 1])
}
