/// The key of a row of the table `meta`, which describes the whole run.
public struct MetaKey: RunFileName {
  /// The key as it is in the file.
  public let rawValue: String
  /// Any key.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The version of the run file's format.
  public static let format: MetaKey = "format"
  /// When recording began, ISO 8601 in UTC.
  public static let started: MetaKey = "started"
  /// When recording ended, ISO 8601 in UTC; absent from a run that was interrupted or is still being written.
  public static let finished: MetaKey = "finished"
  /// The experiment's name.
  public static let experiment: MetaKey = "experiment"
  /// The variant's name; runs of one variant differ only in their seed.
  public static let variant: MetaKey = "variant"
  /// The look of the variant in charts: the numbers of its shape and of its colour and, in an ordered family of variants, its
  /// position from 0 to 1, separated by spaces.
  public static let variantStyle: MetaKey = "variant_style"
  /// The seed, a whole number.
  public static let seed: MetaKey = "seed"
  /// The model as `print(model)` shows it.
  public static let model: MetaKey = "model"
  /// The source of depths: `tape`, or `call order` if there is no model.
  public static let depthSource: MetaKey = "depth_source"
  /// The mode of matrix products in bfloat16: `native` or `widened`.
  public static let bfloat16Products: MetaKey = "bfloat16_products"
  /// The command that recorded the run.
  public static let command: MetaKey = "command"
  /// The version of the program that recorded the run.
  public static let version: MetaKey = "version"
  /// The operating system.
  public static let system: MetaKey = "system"
  /// The processor's model.
  public static let processor: MetaKey = "processor"
  /// The data set's name.
  public static let data: MetaKey = "data"
  /// A hash of the data set's files.
  public static let dataHash: MetaKey = "data_hash"
  /// The number of classes of a classification.
  public static let classes: MetaKey = "classes"
  /// The number of layers, as a setting.
  public static let depth: MetaKey = "depth"
  /// The number of units per layer, as a setting.
  public static let width: MetaKey = "width"
  /// The number of samples per batch.
  public static let batch: MetaKey = "batch"
  /// The optimizer's type.
  public static let optimizer: MetaKey = "optimizer"
  /// The learning rate, as a setting.
  public static let learningRate: MetaKey = "learning_rate"
  /// The fraction of test samples classified correctly, from 0 to 1, after training.
  public static let testAccuracy: MetaKey = "test_accuracy"
  /// The factor per layer that theory predicts for the gradient in the backward pass.
  public static let predictedGradientFactor: MetaKey = "predicted_gradient_factor"
  /// The gradient's RMS per layer that theory predicts, input first, relative to that of the last layer, separated by spaces.
  public static let predictedGradientProfile: MetaKey = "predicted_gradient_profile"
}
