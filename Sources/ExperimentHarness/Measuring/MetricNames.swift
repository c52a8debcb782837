/// The names under which trials report what several experiments measure.
public enum MetricNames {
  /// A number: the mean loss over the last twenty steps, or over all steps if there are fewer.
  public static let finalLoss = "final loss"
  /// A number: the share of test images that are classified correctly, from 0 to 1.
  public static let testAccuracy = "test accuracy"
  /// A number: the factor by which a layer multiplies dL/d(its output) in the backward pass at step 0, fitted over interior layers;
  /// nil where there are too few layers, or a gradient is zero or not finite.
  public static let gradientFactor = "gradient factor per layer"
  /// A number: the factor by which a layer multiplies the RMS of activations in the forward pass at step 0, fitted over interior
  /// layers.
  public static let activationFactor = "activation factor per layer"
  /// A series: the loss of each step.
  public static let loss = "loss"
  /// A series: the size of gradients, over layers or steps.
  public static let gradient = "gradient"
}
