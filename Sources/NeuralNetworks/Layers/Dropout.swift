import Autodiff

/// Sets elements to 0 at random while the module is trained, and hands its input through when it is evaluated.
///
/// Each element is dropped with probability p, the others are divided by 1 − p, so that the expected value stays. The
/// numbers come from a stream of the module's own, named by the seed and its path. A NaN stays one, dropped or not.
///
/// Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
public final class Dropout: Module {
  /// p
  public let probability: Float
  private let random = RandomSource()

  /// Stops unless the probability is from 0 to below 1.
  public init(_ probability: Float = 0.5) {
    guard (0..<1).contains(probability) else {
      stop("Dropout", "a probability of \(probability), it is at least 0 and below 1")
    }
    self.probability = probability
  }

  public override func forward(_ x: Tensor) -> Tensor {
    guard isTraining, probability > 0 else { return x }
    // 1 / (1 − p) is no number of 16 bits, and is multiplied by apart there.
    let kept = 1 / (1 - probability), isWhole = x.precision == .float32
    // A fraction of 2³² below which a random word drops its element; two words a draw.
    let limit = UInt64((Double(probability) * 0x1p32).rounded())
    let mask = random.draw { stream in
      Tensor(shape: x.shape) { mask in
        var bits: UInt64 = 0
        for index in mask.indices {
          bits = index % 2 == 0 ? stream.next() : bits >> 32
          mask[index] = bits & 0xffff_ffff < limit ? 0 : isWhole ? kept : 1
        }
      }
    }
    return isWhole ? x * mask : x * mask.cast(to: x.precision) * kept
  }

  public override var details: String { "\(probability)" }
}
