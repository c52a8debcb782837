/// A question about training, the nets that are trained to answer it, and what is claimed of them.
public struct Experiment: Sendable {
  /// What it is called on the command line.
  public let name: String
  /// What it asks, in one line.
  public let question: String
  /// What it is run with unless the command says otherwise.
  public let settings: Settings
  /// What is compared. The same seed gives all of them the same batches, and the same first weights where paths agree.
  public let variants: [Variant]
  /// What should be found.
  public let claims: [Claim]
  /// What is drawn of all runs together, by the names that `render --chart` knows.
  public let charts: [String]

  /// An experiment made of its parts.
  public init(
    name: String, question: String, settings: Settings, variants: [Variant], claims: [Claim], charts: [String]
  ) {
    self.name = name
    self.question = question
    self.settings = settings
    self.variants = variants
    self.claims = claims
    self.charts = charts
  }
}

/// How large the nets of an experiment are and how they are trained.
public struct Settings: Sendable, Codable, Equatable {
  /// How many layers have weights, 2 or more.
  public var depth: Int
  /// How many units a hidden layer has.
  public var width: Int
  /// How many images a step learns from.
  public var batch: Int
  /// How many steps of gradient descent are made.
  public var steps: Int
  /// How many times each variant is trained, with the seeds 0, 1, ….
  public var seeds: Int
  /// By how much of the gradient a step changes the weights.
  public var learningRate: Double

  /// Settings as most experiments have them: deep, narrow, and over in seconds.
  public init(
    depth: Int = 50, width: Int = 64, batch: Int = 64, steps: Int = 600, seeds: Int = 3, learningRate: Double
  ) {
    self.depth = depth
    self.width = width
    self.batch = batch
    self.steps = steps
    self.seeds = seeds
    self.learningRate = learningRate
  }
}
