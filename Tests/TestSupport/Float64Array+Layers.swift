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

  /// The convolution of channels-last images with weights [outputs, inputs / groups, height, width].
  public func convolved(
    _ weight: Float64Array, _ bias: Float64Array, stride: Int = 1, padding: Int = 0, groups: Int = 1
  ) -> Float64Array {
    let outputs = weight.shape[0], inputs = weight.shape[1]
    return overWindows(weight.shape[2], weight.shape[3], stride, padding, channels: outputs) { output, pixels in
      let first = output / (outputs / groups) * inputs
      return pixels.reduce(bias[[output]]) { sum, pixel in
        (0..<inputs).reduce(sum) {
          $0 + self[pixel.at + [first + $1]] * weight[[output, $1, pixel.row, pixel.column]]
        }
      }
    }
  }

  /// The largest element of each square window of channels-last images, channel by channel; NaN where there is one.
  public func maxPooled(_ window: Int, stride: Int? = nil, padding: Int = 0) -> Float64Array {
    overWindows(window, window, stride ?? window, padding, channels: shape[3]) { channel, pixels in
      let seen = pixels.map { self[$0.at + [channel]] }
      return seen.contains(where: \.isNaN) ? .nan : seen.max()!
    }
  }

  /// The mean of each square window of channels-last images, channel by channel; beyond the edge they are 0.
  public func averagePooled(_ window: Int, stride: Int? = nil, padding: Int = 0) -> Float64Array {
    overWindows(window, window, stride ?? window, padding, channels: shape[3]) { channel, pixels in
      pixels.reduce(0) { $0 + self[$1.at + [channel]] } / Double(window * window)
    }
  }

  /// A pixel of a window: where it lies in the images, and in the window.
  private typealias Pixel = (at: [Int], row: Int, column: Int)

  private func overWindows(
    _ high: Int, _ wide: Int, _ stride: Int, _ padding: Int, channels: Int,
    _ combine: (_ channel: Int, _ pixels: [Pixel]) -> Double
  ) -> Float64Array {
    let rows = (shape[1] + 2 * padding - high) / stride + 1, columns = (shape[2] + 2 * padding - wide) / stride + 1
    return Float64Array([shape[0], rows, columns, channels]) { i in
      var pixels: [Pixel] = []
      for a in 0..<high {
        for b in 0..<wide {
          let row = i[1] * stride + a - padding, column = i[2] * stride + b - padding
          guard (0..<shape[1]).contains(row), (0..<shape[2]).contains(column) else { continue }
          pixels.append(([i[0], row, column], a, b))
        }
      }
      return combine(i[3], pixels)
    }
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
