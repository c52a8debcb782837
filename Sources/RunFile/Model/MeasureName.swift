/// The name of a number in the table `measure`.
public struct MeasureName: RunFileName {
  /// The name as it is in the file.
  public let rawValue: String
  /// Any name.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The length of a step relative to the minimum of the loss along it: −1 no step, 0 to the minimum, 1 as high on the other side.
  public static let alpha: MeasureName = "alpha"
  /// The fraction of a layer's units that were zero for all samples of the last recorded steps, from 0 to 1.
  public static let deadFraction: MeasureName = "dead_fraction"
  /// ‖W − W₀‖₂ of a layer's weight.
  public static let distanceFromInitialization: MeasureName = "distance_from_initialization"
  /// The effective rank of a layer's outputs, from 1 to the number of units.
  public static let effectiveRank: MeasureName = "effective_rank"
  /// The number of principal components that hold 99 % of the variance of a layer's outputs, over the number of units.
  public static let layerSaturation: MeasureName = "layer_saturation"
  /// The cosine between input gradients of neighbouring inputs, from −1 to 1.
  public static let gradientCorrelation: MeasureName = "gradient_correlation"
  /// The cosine between successive gradients of a weight, from −1 to 1.
  public static let gradientCosine: MeasureName = "gradient_cosine"
  /// The cosine between successive updates of a weight, from −1 to 1.
  public static let updateCosine: MeasureName = "update_cosine"
  /// The batch size at which gradient noise equals the gradient, in samples.
  public static let gradientNoiseScale: MeasureName = "gradient_noise_scale"
  /// The gradient's norm over the standard deviation of the batch's mean gradient.
  public static let gradientSNR: MeasureName = "gradient_snr"
  /// The trace of the covariance of a sample's gradient.
  public static let gradientVariance: MeasureName = "gradient_variance"
  /// The mean norm of a sample's gradient.
  public static let sampleGradientNormMean: MeasureName = "sample_gradient_norm_mean"
  /// The largest norm of a sample's gradient.
  public static let sampleGradientNormMax: MeasureName = "sample_gradient_norm_max"
  /// The smallest bound for which the norm test of the batch's gradient passes.
  public static let normTest: MeasureName = "norm_test"
  /// The smallest bound for which the inner product test passes.
  public static let innerProductTest: MeasureName = "inner_product_test"
  /// The smallest bound for which the orthogonality test passes.
  public static let orthogonalityTest: MeasureName = "orthogonality_test"
  /// The trace of the loss's Hessian.
  public static let hessianTrace: MeasureName = "hessian_trace"
  /// The largest eigenvalue of the loss's Hessian.
  public static let hessianTopEigenvalue: MeasureName = "hessian_top_eigenvalue"
  /// The mean over samples of the Jacobian's largest singular value.
  public static let jacobianLargestSingularValue: MeasureName = "jacobian_largest_singular_value"
  /// The mean over samples of the Jacobian's smallest singular value.
  public static let jacobianSmallestSingularValue: MeasureName = "jacobian_smallest_singular_value"
  /// The mean of the Jacobian's squared singular values.
  public static let jacobianMeanSquare: MeasureName = "jacobian_mean_square"
  /// The variance of the Jacobian's squared singular values over their mean square.
  public static let jacobianSpread: MeasureName = "jacobian_spread"
  /// The similarity of a layer's activations to those of the trained layer, from 0 to 1.
  public static let similarityToFinal: MeasureName = "similarity_to_final"
  /// The norm of the gradient with respect to the input.
  public static let inputGradientNorm: MeasureName = "input_gradient_norm"
}
