import Autodiff

/// A module that applies an activation function element by element: its output has its input's shape. Remedies replace or normalize such
/// modules. An activation of your own conforms to it by its name alone:
///
///     final class Swish: Module, ActivationModule {
///       override func forward(_ x: Tensor) -> Tensor { x * sigmoid(1.5 * x) }
///     }
public protocol ActivationModule: Module {}

/// max(x, 0), element by element. See `relu`.
public final class ReLU: Module, ActivationModule {
  public override func forward(_ x: Tensor) -> Tensor { relu(x) }
}

/// 1 / (1 + e⁻ˣ), element by element. See `sigmoid`.
public final class Sigmoid: Module, ActivationModule {
  public override func forward(_ x: Tensor) -> Tensor { sigmoid(x) }
}

/// The hyperbolic tangent, element by element. See `tanh`.
public final class Tanh: Module, ActivationModule {
  public override func forward(_ x: Tensor) -> Tensor { tanh(x) }
}

/// x above 0, slope · x below, element by element. See `leakyReLU`.
public final class LeakyReLU: Module, ActivationModule {
  /// The derivative below 0.
  public let slope: Float

  /// The slope below 0, 0.01 by default. Calls stop if it is negative.
  public init(slope: Float = 0.01) { self.slope = slope }

  public override func forward(_ x: Tensor) -> Tensor { leakyReLU(x, slope: slope) }

  public override var details: String { "slope \(slope)" }
}

/// x above 0, α (eˣ − 1) below, element by element. See `elu`.
public final class ELU: Module, ActivationModule {
  /// α; outputs are above −α.
  public let alpha: Float

  /// α is 1 by default. Calls stop if it is negative.
  public init(alpha: Float = 1) { self.alpha = alpha }

  public override func forward(_ x: Tensor) -> Tensor { elu(x, alpha: alpha) }

  public override var details: String { alpha == 1 ? "" : "α \(alpha)" }
}

/// The self-normalizing ELU, element by element, for weights of variance 1 / inputs (LeCun). See `selu`.
public final class SELU: Module, ActivationModule {
  public override func forward(_ x: Tensor) -> Tensor { selu(x) }
}

/// x · Φ(x), where Φ is the standard normal distribution function, element by element. See `gelu`.
public final class GELU: Module, ActivationModule {
  /// Whether Φ is approximated with tanh.
  public let tanhApproximation: Bool

  /// Φ is exact unless `tanhApproximation` is true.
  public init(tanhApproximation: Bool = false) { self.tanhApproximation = tanhApproximation }

  public override func forward(_ x: Tensor) -> Tensor { gelu(x, tanhApproximation: tanhApproximation) }

  public override var details: String { tanhApproximation ? "tanh approximation" : "" }
}

/// x · sigmoid(x), element by element. See `silu`.
public final class SiLU: Module, ActivationModule {
  public override func forward(_ x: Tensor) -> Tensor { silu(x) }
}

/// x · tanh(ln(1 + eˣ)), element by element. See `mish`.
public final class Mish: Module, ActivationModule {
  public override func forward(_ x: Tensor) -> Tensor { mish(x) }
}

/// x · clamp(x / 6 + 1/2, 0, 1), element by element. See `hardSwish`.
public final class HardSwish: Module, ActivationModule {
  public override func forward(_ x: Tensor) -> Tensor { hardSwish(x) }
}

/// ln(1 + eˣ), element by element. See `softplus`.
public final class Softplus: Module, ActivationModule {
  public override func forward(_ x: Tensor) -> Tensor { softplus(x) }
}

/// x / (1 + |x|), element by element. See `softsign`.
public final class Softsign: Module, ActivationModule {
  public override func forward(_ x: Tensor) -> Tensor { softsign(x) }
}

/// x clamped to −1 … 1, element by element. See `hardTanh`.
public final class HardTanh: Module, ActivationModule {
  public override func forward(_ x: Tensor) -> Tensor { hardTanh(x) }
}

/// x / 6 + 1/2 clamped to 0 … 1, element by element. See `hardSigmoid`.
public final class HardSigmoid: Module, ActivationModule {
  public override func forward(_ x: Tensor) -> Tensor { hardSigmoid(x) }
}

/// x above 0, slope · x below, element by element, with a trained slope. See `prelu`.
public final class PReLU: Module, ActivationModule {
  /// The slope below 0: [1], or [channels].
  public let weight: Parameter

  /// One slope for all elements by default; with `channels`, one for each index of the last dimension, of which x then has as many. It
  /// begins as 0.25.
  public init(channels: Int = 1, slope: Float = 0.25) { weight = Parameter([channels], initializer: .constant(slope)) }

  public override func forward(_ x: Tensor) -> Tensor { prelu(x, slope: weight.value) }
}

/// The first half of the last dimension times the sigmoid of the second, [n, …, 2 width] to [n, …, width]. See `glu`.
public final class GLU: Module {
  public override func forward(_ x: Tensor) -> Tensor { glu(x) }
}

/// eˣ / Σ eˣ over the last dimension, of the same shape. See `softmax`.
public final class Softmax: Module {
  public override func forward(_ x: Tensor) -> Tensor { softmax(x) }
}

/// x − ln Σ eˣ over the last dimension, of the same shape. See `logSoftmax`.
public final class LogSoftmax: Module {
  public override func forward(_ x: Tensor) -> Tensor { logSoftmax(x) }
}

/// An activation whose derivative vanishes at both ends of its output range. Recorders count the share of its outputs that are
/// saturated. An activation of your own conforms to it in one line:
///
///     final class ScaledTanh: Module, Saturating {
///       let saturationLimits: ClosedRange<Float> = -1.6...1.6
///
///       override func forward(_ x: Tensor) -> Tensor { 1.7159 * tanh(2 / 3 * x) }
///     }
public protocol Saturating: ActivationModule {
  /// Outputs outside of these limits count as saturated: there the derivative is below a tenth of its maximum.
  var saturationLimits: ClosedRange<Float> { get }
}

extension Sigmoid: Saturating {
  /// The outputs y where y (1 − y) is at least 1/40; its maximum is 1/4.
  public var saturationLimits: ClosedRange<Float> { 0.0256583509747431...0.974341649025257 }
}

extension Tanh: Saturating {
  /// The outputs y where 1 − y² is at least 1/10.
  public var saturationLimits: ClosedRange<Float> { -0.948683298050514...0.948683298050514 }
}

extension HardSigmoid: Saturating {
  /// All outputs between 0 and 1; at 0 and 1 the derivative is 0.
  public var saturationLimits: ClosedRange<Float> { Float(0).nextUp...Float(1).nextDown }
}

extension Softsign: Saturating {
  /// The outputs y where (1 − |y|)² is at least 1/10.
  public var saturationLimits: ClosedRange<Float> { -0.683772233983162...0.683772233983162 }
}

extension HardTanh: Saturating {
  /// All outputs between −1 and 1; at −1 and 1 the derivative is 0.
  public var saturationLimits: ClosedRange<Float> { Float(-1).nextUp...Float(1).nextDown }
}
