/// A recorded statistic of a parameter W at a step: one case for each column of the table `weight`.
public enum WeightQuantity: Int, CaseIterable, Sendable {
  /// ‖W‖₂ = √Σ W², before the step.
  case norm
  /// ‖dL/dW‖₂.
  case gradientNorm
  /// max |dL/dW|.
  case gradientMax
  /// ‖ΔW‖₂, of the change that the optimizer made in this step.
  case updateNorm

  /// The column's name in SQL, such as `update_norm`.
  public var column: String {
    switch self {
    case .norm: "norm"
    case .gradientNorm: "gradient_norm"
    case .gradientMax: "gradient_max"
    case .updateNorm: "update_norm"
    }
  }

  /// The name of the column in the table `layer` of format 1, which held one weight per site.
  var columnOfFormat1: String {
    switch self {
    case .norm: "weight_norm"
    case .gradientNorm: "weight_gradient_norm"
    case .gradientMax: "weight_gradient_max"
    case .updateNorm: "update_norm"
    }
  }
}
