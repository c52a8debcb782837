import Autodiff

/// max(x, 0), element by element. See `relu`.
public final class ReLU: Module {
  public override func forward(_ x: Tensor) -> Tensor { relu(x) }
}

/// 1 / (1 + e⁻ˣ), element by element. See `sigmoid`.
public final class Sigmoid: Module {
  public override func forward(_ x: Tensor) -> Tensor { sigmoid(x) }
}

/// The hyperbolic tangent, element by element. See `tanh`.
public final class Tanh: Module {
  public override func forward(_ x: Tensor) -> Tensor { tanh(x) }
}

/// x above 0, slope · x below. See `leakyReLU`.
public final class LeakyReLU: Module {
  /// The derivative below 0.
  public let slope: Float

  /// The slope is 0.01 by default and must not be negative.
  public init(slope: Float = 0.01) { self.slope = slope }

  public override func forward(_ x: Tensor) -> Tensor { leakyReLU(x, slope: slope) }

  public override var details: String { "slope \(slope)" }
}

/// x above 0, α (eˣ − 1) below. See `elu`.
public final class ELU: Module {
  /// α; outputs lie above −α.
  public let alpha: Float

  /// α is 1 by default and must not be negative.
  public init(alpha: Float = 1) { self.alpha = alpha }

  public override func forward(_ x: Tensor) -> Tensor { elu(x, alpha: alpha) }

  public override var details: String { alpha == 1 ? "" : "α \(alpha)" }
}

/// The self-normalizing unit, for weights of variance 1 / inputs. See `selu`.
public final class SELU: Module {
  public override func forward(_ x: Tensor) -> Tensor { selu(x) }
}

/// x · Φ(x), Φ being the normal distribution. See `gelu`.
public final class GELU: Module {
  /// Whether Φ is approximated by tanh.
  public let tanhApproximation: Bool

  /// Exact by default.
  public init(tanhApproximation: Bool = false) { self.tanhApproximation = tanhApproximation }

  public override func forward(_ x: Tensor) -> Tensor { gelu(x, tanhApproximation: tanhApproximation) }

  public override var details: String { tanhApproximation ? "by tanh" : "" }
}

/// x · sigmoid(x), element by element. See `silu`.
public final class SiLU: Module {
  public override func forward(_ x: Tensor) -> Tensor { silu(x) }
}

/// ln(1 + eˣ), element by element. See `softplus`.
public final class Softplus: Module {
  public override func forward(_ x: Tensor) -> Tensor { softplus(x) }
}

/// x / (1 + |x|), element by element. See `softsign`.
public final class Softsign: Module {
  public override func forward(_ x: Tensor) -> Tensor { softsign(x) }
}

/// x between −1 and 1, otherwise the nearer of the two. See `hardTanh`.
public final class HardTanh: Module {
  public override func forward(_ x: Tensor) -> Tensor { hardTanh(x) }
}

/// eˣ / Σ eˣ over the last dimension. See `softmax`.
public final class Softmax: Module {
  public override func forward(_ x: Tensor) -> Tensor { softmax(x) }
}

/// x − ln Σ eˣ over the last dimension. See `logSoftmax`.
public final class LogSoftmax: Module {
  public override func forward(_ x: Tensor) -> Tensor { logSoftmax(x) }
}

/// An activation whose derivative vanishes at both ends of its output's range.
package protocol Saturating: Module {
  /// Outputs beyond these limits are saturated: the derivative there is below a tenth of its maximum.
  var saturationLimits: ClosedRange<Float> { get }
}

extension Sigmoid: Saturating {
  /// y (1 − y) < 1/40, where y (1 − y) is at most 1/4.
  package var saturationLimits: ClosedRange<Float> { 0.0256583509747431...0.974341649025257 }
}

extension Tanh: Saturating {
  /// 1 − y² < 1/10.
  package var saturationLimits: ClosedRange<Float> { -0.948683298050514...0.948683298050514 }
}

extension Softsign: Saturating {
  /// (1 − |y|)² < 1/10.
  package var saturationLimits: ClosedRange<Float> { -0.683772233983162...0.683772233983162 }
}

extension HardTanh: Saturating {
  /// The derivative is 0 where |y| is 1, otherwise 1.
  package var saturationLimits: ClosedRange<Float> { Float(-1).nextUp...Float(1).nextDown }
}
