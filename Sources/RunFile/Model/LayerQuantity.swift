/// A recorded statistic of a site at a step: one case for each column of the table `layer`.
///
/// y is an element of the site's output, over the whole batch and all passes of the step. g = dL/dy is the gradient with respect to it; the
/// loss L is a mean over the batch.
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
  /// The fraction of activations where the site's nonlinearity is saturated, from 0 to 1; not recorded if it does not saturate.
  case saturatedFraction
  /// The number of activations that are NaN or infinite.
  case nonfiniteCount
  /// √mean(g²).
  case gradientRMS
  /// max |g|.
  case gradientMax
  /// The number of gradients that are NaN or infinite.
  case gradientNonfiniteCount

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
    case .gradientRMS: "gradient_rms"
    case .gradientMax: "gradient_max"
    case .gradientNonfiniteCount: "gradient_nonfinite_count"
    }
  }
}
