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

  /// ln (eˣ / Σ eˣ) along the last dimension.
  public var logShares: Float64Array {
    let exponentials = map { Foundation.exp($0) }.sum([shape.count - 1], keeping: true)
    return .broadcast(self, exponentials) { $0 - Foundation.log($1) }
  }

  /// Rows of this matrix: each number of `indices` replaced by the row it names.
  public func take(rows indices: Float64Array) -> Float64Array {
    Float64Array(indices.shape + [shape[1]]) { self[[Int(indices[Array($0.dropLast())].rounded()), $0.last!]] }
  }

  /// Attention of sequences [n, length, width] to themselves, from weights and biases of queries, keys, values and outputs.
  public func attended(_ maps: [Float64Array], heads: Int, isCausal: Bool = false) -> Float64Array {
    let query = linear(maps[0], maps[1]), key = linear(maps[2], maps[3]), value = linear(maps[4], maps[5])
    let length = shape[1], size = shape[2] / heads
    let scores = Float64Array([shape[0], heads, length, length]) { i in
      let product = (i[1] * size..<(i[1] + 1) * size).reduce(0) {
        $0 + query[[i[0], i[2], $1]] * key[[i[0], i[3], $1]]
      }
      return product / Double(size).squareRoot() + (isCausal && i[3] > i[2] ? -.infinity : 0)
    }
    let shares = scores.logShares.map { Foundation.exp($0) }
    let mixed = Float64Array(shape) { i in
      (0..<length).reduce(0) { $0 + shares[[i[0], i[2] / size, i[1], $1]] * value[[i[0], $1, i[2]]] }
    }
    return mixed.linear(maps[6], maps[7])
  }
}
