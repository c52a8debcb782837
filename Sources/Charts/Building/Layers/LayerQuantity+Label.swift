import RunFile

extension LayerQuantity {
  /// The title of an axis or a colour bar.
  var label: String {
    switch self {
    case .activationMean: "mean of activations"
    case .activationStd: "standard deviation of activations"
    case .activationRMS: "RMS of activations"
    case .activationMin: "lowest activation"
    case .activationMax: "highest activation"
    case .zeroFraction: "fraction of zero activations"
    case .saturatedFraction: "fraction of saturated activations"
    case .nonfiniteCount: "number of non-finite activations"
    case .gradientRMS: "RMS of dL/dy"
    case .gradientMax: "largest |dL/dy|"
    case .gradientNonfiniteCount: "number of non-finite gradients"
    }
  }
}

extension WeightQuantity {
  /// The title of an axis or a colour bar.
  var label: String {
    switch self {
    case .norm: "‖W‖, norm of weights"
    case .gradientNorm: "‖dL/dW‖, norm of weight gradient"
    case .gradientMax: "largest |dL/dW|"
    case .updateNorm: "‖ΔW‖, norm of update"
    }
  }
}
