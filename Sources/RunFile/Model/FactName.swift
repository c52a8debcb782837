/// The name of a row of the table `fact`. The subject of each is given; counts and shares are those of the step, unless it says otherwise.
public struct FactName: RunFileName {
  /// The name as it is in the file.
  public let rawValue: String
  /// Any name.
  public init(rawValue: String) { self.rawValue = rawValue }

  // Of the input.

  /// The smallest element of the input.
  public static let minimum: FactName = "minimum"
  /// The largest element of the input, of a regression's targets, or of a loss's predictions.
  public static let maximum: FactName = "maximum"
  /// The mean of all elements.
  public static let mean: FactName = "mean"
  /// The standard deviation of all elements.
  public static let std: FactName = "std"
  /// The number of elements that are NaN or infinite.
  public static let nonfiniteCount: FactName = "nonfinite_count"
  /// The largest over the median standard deviation of features over the batch, for an input [samples, features].
  public static let featureSpread: FactName = "feature_spread"
  /// The precision of a tensor, as text: `float32`, `float16` or `bfloat16`. Of the input, or of a site that is not in float32.
  public static let precision: FactName = "precision"
  /// 1 if the input is whole numbers that an `Embedding` looks up.
  public static let isTokens: FactName = "is_tokens"

  // Of the target. Those of regressions have minimum, maximum, mean and std too.

  /// The kind of targets, as text: `classes`, `probabilities` (all in 0 to 1) or `numbers`.
  public static let kind: FactName = "kind"
  /// The number of classes that the loss knows.
  public static let classCount: FactName = "class_count"
  /// The number of targets of each class over all recorded steps so far: a JSON array.
  public static let classCounts: FactName = "class_counts"
  /// The mean over recorded steps of the share of a batch's most frequent class.
  public static let majorityInBatch: FactName = "majority_in_batch"
  /// The mean number of distinct classes in a batch.
  public static let classesInBatch: FactName = "classes_in_batch"
  /// The mean over outputs of the variance of targets over the batch, the squared error of the best constant; the mean over recorded steps.
  public static let variance: FactName = "variance"
  /// The share of samples of batches that the nearest mean of classes, without the sample itself, classifies correctly from the inputs.
  public static let nearestMeanAccuracy: FactName = "nearest_mean_accuracy"
  /// The number of these samples so far.
  public static let nearestMeanSamples: FactName = "nearest_mean_samples"

  // Of the loss.

  /// The function that computed the loss, as text, such as `crossEntropy`; absent if the loss was not computed by one function.
  public static let function: FactName = "function"
  /// The shapes of predictions and targets: a JSON array of two arrays.
  public static let shapes: FactName = "shapes"
  /// 1 if the loss differs from the plain mean: a sum, weighted or smoothed.
  public static let isWeighted: FactName = "is_weighted"
  /// The weights of classes, where the loss is the mean of cross-entropies that are weighted by them and is not smoothed: a JSON array.
  public static let classWeights: FactName = "class_weights"
  /// The mean number of calls of loss functions per step whose results gradients flow through.
  public static let callsPerStep: FactName = "calls_per_step"
  /// The share of the predictions' rows that are not negative and sum to 1.
  public static let probabilityRows: FactName = "probability_rows"
  /// The standard deviation of predictions over the samples of a batch, the root of the mean square over outputs.
  public static let predictionSpread: FactName = "prediction_spread"
  /// The share of predictions that are exactly 0 or 1.
  public static let extremePredictions: FactName = "extreme_predictions"
  /// The fraction of the batch that is classified correctly by the largest prediction.
  public static let accuracy: FactName = "accuracy"

  // Of the model.

  /// The optimizers: a JSON array of objects with `type`, `learning_rate`, `weight_decay`, `parameters` and the settings of the type.
  public static let optimizers: FactName = "optimizers"
  /// The number of steps that each optimizer has taken since recording began: a JSON array.
  public static let optimizerSteps: FactName = "optimizer_steps"
  /// The paths of modules with parameters that were not called in a recorded forward pass: a JSON array.
  public static let uncalledModules: FactName = "uncalled_modules"
  /// The paths of those among them that were called inside `withoutGradients`: a JSON array.
  public static let calledWithoutGradients: FactName = "called_without_gradients"
  /// The paths of modules in evaluation mode during training steps: a JSON array.
  public static let evaluationMode: FactName = "evaluation_mode"
  /// The paths of parameters that optimizers hold and that still have a gradient of an earlier step when the first backward pass of the
  /// step begins: a JSON array.
  public static let gradientsLeft: FactName = "gradients_left"
  /// The numbers, from 1, of the optimizers whose parameters a backward pass reaches after their step, since the loss of another net goes
  /// through theirs, as through a GAN's discriminator: a JSON array.
  public static let passedThrough: FactName = "passed_through"
  /// The share of steps since recording began in which gradients were clipped, of those in which clipping was asked for.
  public static let clippedShare: FactName = "clipped_share"
  /// The mean of the gradient's norm over the limit, over clipped steps.
  public static let clippingRatio: FactName = "clipping_ratio"
  /// The limit of the gradient's norm.
  public static let clippingLimit: FactName = "clipping_limit"
  /// The first operation that made a value that is not finite: a JSON object with `operation`, `module`, `count` and `step`.
  public static let nonfiniteOrigin: FactName = "nonfinite_origin"

  // Of a parameter.

  /// The source of the values at the first step, as text: `initialized`, `loaded` or `assigned`.
  public static let valuesFrom: FactName = "values_from"
  /// The initializer, as text, such as `heNormal`.
  public static let initializer: FactName = "initializer"
  /// The number of inputs of a unit.
  public static let fanIn: FactName = "fan_in"
  /// The share of units whose weights equal those of the first unit: before the first step, and at the end where all are equal.
  public static let equalUnits: FactName = "equal_units"
  /// The number of optimizers that hold it, where none of those that the recorder was given does.
  public static let otherOptimizers: FactName = "other_optimizers"
  /// The factor on the learning rate of its first optimizer that has one other than 1, at the steps of facts.
  public static let learningRateFactor: FactName = "learning_rate_factor"
  /// The share of recorded steps in which the parameter had no gradient; written where it is above 0.
  public static let withoutGradient: FactName = "without_gradient"
  /// The share of recorded steps in which the gradient was exactly 0 in all elements; written where it is above 0.
  public static let zeroGradient: FactName = "zero_gradient"
}
