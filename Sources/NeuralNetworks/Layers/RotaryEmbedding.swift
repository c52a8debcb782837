import Autodiff
import Foundation

/// Rotary position embedding: turns pairs of features by angles that grow with the position, so that the product of a query and a key
/// depends on the distance of their positions.
///
/// At position t, pair i is turned by t · base^(−2i / width). x [n, …, length, features] with at least `width` features, such as
/// queries by head [n, heads, length, features]; the features after the first `width` stay. y has the shape of x. A call stops if x has
/// fewer dimensions or features. See `rotaryEmbedding`.
///
/// Source: Su et al., "RoFormer: enhanced transformer with rotary position embedding", 2021, arXiv:2104.09864.
public final class RotaryEmbedding: Module {
  /// The position of the first element of the sequence, 0 by default; larger where x continues a sequence.
  public var offset: Int
  private let width: Int
  private let base: Double
  private let pairing: RotaryPairing
  /// The cosines and sines of the last call, and the positions that they are for.
  private var table: (positions: Range<Int>, cosine: Tensor, sine: Tensor)?

  /// An embedding that turns `width` features, with base 10,000 and in halves by default. Stops the program unless `width` is even.
  public init(_ width: Int, base: Double = 10_000, pairing: RotaryPairing = .halves, offset: Int = 0) {
    guard width >= 2, width % 2 == 0 else {
      stop("RotaryEmbedding", "the width is \(width); it must be an even number of features")
    }
    (self.width, self.base, self.pairing, self.offset) = (width, base, pairing, offset)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    guard x.shape.count >= 2, x.shape.last! >= width else {
      stop("RotaryEmbedding", "the input has the shape \(x.shape); it must be [n, …, length, \(width) or more]")
    }
    let positions = offset..<offset + x.shape[x.shape.count - 2]
    if table?.positions != positions { table = (positions, values(cos, positions), values(sin, positions)) }
    return rotaryEmbedding(x, cosine: table!.cosine, sine: table!.sine, pairing: pairing)
  }

  /// A function of the angles, [positions, width / 2].
  private func values(_ function: (Double) -> Double, _ positions: Range<Int>) -> Tensor {
    let pairs = width / 2
    return Tensor(shape: [positions.count, pairs]) { values in
      for pair in 0..<pairs {
        let frequency = Foundation.pow(base, -Double(2 * pair) / Double(width))
        for (row, position) in positions.enumerated() {
          values[row * pairs + pair] = Float(function(Double(position) * frequency))
        }
      }
    }
  }

  public override var details: String {
    "\(width), \(pairing)\(base == 10_000 ? "" : ", base \(base)")\(offset == 0 ? "" : ", offset \(offset)")"
  }
}
