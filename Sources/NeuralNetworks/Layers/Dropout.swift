import Autodiff

/// Sets elements to 0 at random in training mode, and returns its input unchanged in evaluation mode.
///
/// Each element becomes 0 with probability p and is divided by 1 − p otherwise, so its expected value does not change. Input and
/// output have the same shape, any. The random numbers come from the module's own stream, named by the seed and the module's
/// path. NaN stays NaN.
///
/// Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
public final class Dropout: Module {
  /// p, the probability of 0.
  public let probability: Float
  private let random = RandomSource()

  /// Dropout with probability p, 0.5 by default. Stops the program unless it is at least 0 and below 1.
  public init(_ probability: Float = 0.5) {
    guard (0..<1).contains(probability) else {
      stop("Dropout", "the probability is \(probability); it must be at least 0 and below 1")
    }
    self.probability = probability
  }

  public override func forward(_ x: Tensor) -> Tensor {
    isTraining && probability > 0 ? x.dropped(probability, x.shape, random) : x
  }

  public override var details: String { "\(probability)" }
}

extension Tensor {
  /// 0 with probability p, otherwise divided by 1 − p; one draw for each element of `drawn`, which broadcasts to this shape.
  func dropped(_ probability: Float, _ drawn: Shape, _ random: RandomSource) -> Tensor {
    // In 16 bits 1 / (1 − p) would be rounded, so it is a factor of its own there.
    let scale = 1 / (1 - probability), isFloat32 = precision == .float32
    // An element becomes 0 if its random 32-bit word is below this limit; each draw has two words.
    let limit = UInt64((Double(probability) * 0x1p32).rounded())
    let mask = random.draw { stream in
      Tensor(shape: drawn) { mask in
        var bits: UInt64 = 0
        for index in mask.indices {
          bits = index % 2 == 0 ? stream.next() : bits >> 32
          mask[index] = bits & 0xffff_ffff < limit ? 0 : isFloat32 ? scale : 1
        }
      }
    }
    return isFloat32 ? self * mask : self * mask.cast(to: precision) * scale
  }
}
