import Rheoscope

/// A question about backpropagation, the nets that answer it, and the claims that code checks.
public struct Experiment: Sendable {
  /// As the command line knows it.
  public let name: String
  public let question: String
  /// What varies between the variants, and what stays the same.
  public let setting: String
  public let defaults: Settings
  public let variants: [ExperimentVariant]
  let claims: @Sendable (Results) -> [Claim]

  /// All there are, in the order in which they are best read.
  public static let all: [Experiment] = [activations, residual, initialization]
}

/// One of the nets that an experiment compares.
public struct ExperimentVariant: Sendable {
  public let name: String
  public let summary: String
  let model: @Sendable (Settings) -> Module
  /// What theory says of the net at initialization.
  let theory: @Sendable (Settings) -> Prediction
}

/// What theory predicts of the gradient at step 0.
struct Prediction {
  /// The RMS of dL/d(output) of each layer with weights, input first, relative to the last one's.
  let profile: [Double]

  /// The factor a layer, fitted as the measured one is.
  var factor: Double? { GeometricFit(interiorOf: profile.enumerated().map { (Double($0.offset), $0.element) })?.factorGoingBack }

  /// The profile of a net whose gradient changes by `factors[l]` from layer l + 1 back to layer l.
  init(factors: [Double]) {
    profile = factors.reversed().reduce(into: [1.0]) { $0.append($0.last! * $1) }.reversed()
  }
}

/// What a run is made with; every experiment has defaults.
public struct Settings: Sendable, Hashable, Codable {
  /// Layers with weights, the first and the last included.
  public var depth = 50
  public var width = 64
  public var batch = 64
  public var steps = 600
  /// How many seeds, from 0.
  public var seeds = 3
  public var learningRate: Float

  public init(learningRate: Float) { self.learningRate = learningRate }
}
