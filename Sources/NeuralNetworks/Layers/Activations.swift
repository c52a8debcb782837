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
