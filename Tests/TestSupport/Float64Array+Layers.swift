import Foundation

// What layers are built of, written out as their formulas say.
extension Float64Array {
  /// Sums, differences and products, element by element, as `broadcast` says.
  public static func + (a: Float64Array, b: Float64Array) -> Float64Array { broadcast(a, b, +) }
  /// The difference.
  public static func - (a: Float64Array, b: Float64Array) -> Float64Array { broadcast(a, b, -) }
  /// The product.
  public static func * (a: Float64Array, b: Float64Array) -> Float64Array { broadcast(a, b, *) }

  /// x weightᵀ + bias along the last dimension.
  public func linear(_ weight: Float64Array, _ bias: Float64Array? = nil) -> Float64Array {
    let product = Float64Array(shape.dropLast() + [weight.shape[0]]) { i in
      (0..<weight.shape[1]).reduce(0) { $0 + self[i.dropLast() + [$1]] * weight[[i.last!, $1]] }
    }
    return bias.map { product + $0 } ?? product
  }

  /// (x − mean) / √(variance + ε), or x / √(mean of x² + ε) where it is not centered, over some dimensions.
  public func normalized(over axes: [Int], epsilon: Float, centered: Bool = true) -> Float64Array {
    let count = Double(axes.reduce(1) { $0 * shape[$1] })
    func mean(_ x: Float64Array) -> Float64Array { x.sum(axes, keeping: true).map { $0 / count } }
    let distance = centered ? self - mean(self) : self
    return .broadcast(distance, mean(distance * distance)) { $0 / ($1 + Double(epsilon)).squareRoot() }
  }

  /// `normalized` over all positions of a sample and the channels of a group.
  public func normalizedInGroups(_ groups: Int, epsilon: Float) -> Float64Array {
    let grouped = Float64Array(
      [shape[0], shape.dropFirst().dropLast().reduce(1, *), groups, shape.last! / groups], values)
    return Float64Array(shape, grouped.normalized(over: [1, 3], epsilon: epsilon).values)
  }

  /// Pairs of features (a, b) turned to (a cos − b sin, a sin + b cos): features 2 i and 2 i + 1, or i and i + pairs. Features without an
  /// angle stay.
  public func turned(_ cosine: Float64Array, _ sine: Float64Array, isInterleaved: Bool) -> Float64Array {
    let pairs = cosine.shape.last!
    return Float64Array(shape) { index in
      let feature = index.last!, pair = isInterleaved ? feature / 2 : feature % pairs
      guard feature < 2 * pairs else { return self[index] }
      let isSecond = isInterleaved ? feature % 2 == 1 : feature >= pairs, step = isInterleaved ? 1 : pairs
      let lead = Array(index.dropLast()), angle = lead + [pair], other = lead + [feature + (isSecond ? -step : step)]
      return self[index] * cosine[angle] + (isSecond ? 1 : -1) * self[other] * sine[angle]
    }
  }

  /// ln (eˣ / Σ eˣ) along the last dimension.
  public var logShares: Float64Array {
    let exponentials = map { Foundation.exp($0) }.sum([shape.count - 1], keeping: true)
    return .broadcast(self, exponentials) { $0 - Foundation.log($1) }
  }

  /// Rows of this matrix: each number of `indices` replaced by the row it names.
  public func take(rows indices: Float64Array) -> Float64Array {
    Float64Array(indices.shape + [shape[1]]) { self[[Int(indices[Array($0.dropLast())].rounded()), $0.last!]] }
  }

  /// Attention of sequences [n, length, width] to a context, or to themselves, from weights and biases of queries, keys, values and
  /// outputs. `change` is what becomes of queries and keys by head, [n, length, heads, size], and `score` what becomes of the score at
  /// [n, head, query, key].
  public func attended(
    _ maps: [Float64Array], heads: Int, keyValueHeads: Int? = nil, to context: Float64Array? = nil,
    isCausal: Bool = false,
    change: (_ byHead: Float64Array, _ isKey: Bool) -> Float64Array = { x, _ in x },
    score: (Double, [Int]) -> Double = { score, _ in score }
  ) -> Float64Array {
    func byHead(_ x: Float64Array, _ heads: Int) -> Float64Array {
      Float64Array([x.shape[0], x.shape[1], heads, x.shape[2] / heads], x.values)
    }
    let context = context ?? self, size = shape[2] / heads, group = heads / (keyValueHeads ?? heads)
    let query = change(byHead(linear(maps[0], maps[1]), heads), false)
    let key = change(byHead(context.linear(maps[2], maps[3]), heads / group), true)
    let value = byHead(context.linear(maps[4], maps[5]), heads / group)
    let keys = context.shape[1]
    let scores = Float64Array([shape[0], heads, shape[1], keys]) { i in
      let product = (0..<size).reduce(0) {
        $0 + query[[i[0], i[2], i[1], $1]] * key[[i[0], i[3], i[1] / group, $1]]
      }
      return score(product / Double(size).squareRoot() + (isCausal && i[3] > i[2] ? -.infinity : 0), i)
    }
    let powers = scores.map { Foundation.exp($0) }
    let shares = Float64Array.broadcast(powers, powers.sum([3], keeping: true)) { $1 == 0 ? 0 : $0 / $1 }
    let mixed = Float64Array(shape) { i in
      let head = i[2] / size
      return (0..<keys).reduce(0) {
        $0 + shares[[i[0], head, i[1], $1]] * value[[i[0], $1, head / group, i[2] % size]]
      }
    }
    return mixed.linear(maps[6], maps[7])
  }
}
