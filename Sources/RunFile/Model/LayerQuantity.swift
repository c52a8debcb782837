/// What is recorded of a site at a step: one case for each column of the table `layer`.
///
/// An activation is an element of the site's output y, over the whole batch and all passes of the step; a gradient is an
/// element of dL/dy, the loss L being a mean over the batch; the weight W is the site's parameter named `weight`.
/// Activations, gradients and weights are pure numbers, in whatever unit the model computes.
public enum LayerQuantity: Int, CaseIterable, Sendable {
  /// mean(y).
  case activationMean
  /// √(mean(y²) − mean(y)²), over all elements.
  case activationStd
  /// √mean(y²).
  case activationRMS
  /// min(y).
  case activationMin
  /// max(y).
  case activationMax
  /// The fraction of activations that are exactly 0, from 0 to 1.
  case zeroFraction
  /// The fraction of activations in the flat part of the site's nonlinearity, from 0 to 1; not recorded where it has none.
  case saturatedFraction
  /// The number of activations that are NaN or infinite.
  case nonfiniteCount
  /// mean(dL/dy), with its sign.
  case gradientMean
  /// √mean((dL/dy)²).
  case gradientRMS
  /// max |dL/dy|.
  case gradientMax
  /// The number of gradients that are NaN or infinite.
  case gradientNonfiniteCount
  /// ‖W‖₂ = √Σ W², before the step.
  case weightNorm
  /// ‖dL/dW‖₂.
  case weightGradientNorm
  /// max |dL/dW|.
  case weightGradientMax
  /// ‖ΔW‖₂, the change that the optimizer really made in this step.
  case updateNorm

  /// The column's name in SQL, such as `gradient_rms`.
  public var column: String {
    switch self {
    case .activationMean: "activation_mean"
    case .activationStd: "activation_std"
    case .activationRMS: "activation_rms"
    case .activationMin: "activation_min"
    case .activationMax: "activation_max"
    case .zeroFraction: "zero_fraction"
    case .saturatedFraction: "saturated_fraction"
    case .nonfiniteCount: "nonfinite_count"
    case .gradientMean: "gradient_mean"
    case .gradientRMS: "gradient_rms"
    case .gradientMax: "gradient_max"
    case .gradientNonfiniteCount: "gradient_nonfinite_count"
    case .weightNorm: "weight_norm"
    case .weightGradientNorm: "weight_gradient_norm"
    case .weightGradientMax: "weight_gradient_max"
    case .updateNorm: "update_norm"
    }
  }
}
