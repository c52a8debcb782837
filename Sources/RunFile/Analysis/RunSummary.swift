/// The row of the table `summary`: a run in a few numbers, so that a table over many runs reads one row of each.
public struct RunSummary: Sendable, Equatable {
  /// The number of steps.
  public var stepCount: Int
  /// The number of steps with recorded layers.
  public var recordedStepCount: Int
  /// The number of sites.
  public var siteCount: Int
  /// The number of layers.
  public var layerCount: Int
  /// The number of trainable numbers.
  public var parameterCount: Int
  /// The mean loss over the last 20 steps, or all if there are fewer; NaN where there are none.
  public var finalLoss: Double
  /// The mean accuracy over the same steps; nil where it is not recorded.
  public var finalAccuracy: Double?
  /// The step of the gradient profile: the first recorded one that was taken; nil where no gradient is recorded.
  public var gradientStep: Int?
  /// What the profile goes along: `depth`, or `calls of MODULE`.
  public var gradientAxis: String?
  /// The number of its points.
  public var gradientPointCount: Int?
  /// By how much the gradient is multiplied per layer in the backward pass; nil where there is no fit.
  public var gradientFactor: Double?
  /// The first point of the profile over the last; nil where that is not a finite number.
  public var gradientRatio: Double?
  /// The step of the first NaN or infinity; nil where none was seen.
  public var nonfiniteStep: Int?
  /// Seconds from the start of the recording to its last step.
  public var seconds: Double?

  /// Computes the summary of a run. Throws a `RunFileError` if the file can't be read.
  init(computedFrom run: Run) throws {
    stepCount = run.steps.count
    recordedStepCount = try run.reading { try $0.rows("SELECT count(DISTINCT step) FROM layer") { $0.int(0) } }[0]
    siteCount = run.sites.count
    layerCount = run.sites.count { $0.isLayer }
    parameterCount = run.parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    finalLoss = run.finalLoss
    finalAccuracy = run.finalAccuracy
    let profile = try GradientProfile.of(run)
    gradientStep = profile?.step
    gradientAxis = profile?.axis.description
    gradientPointCount = profile?.points.count
    gradientFactor = profile?.factor
    gradientRatio = profile?.ratio
    nonfiniteStep = run.events.first { $0.kind == .nonfinite }?.step
    seconds = run.steps.last?.seconds
  }

  static let columns = [
    "steps", "recorded_steps", "sites", "layers", "parameters", "final_loss", "final_accuracy", "gradient_step",
    "gradient_axis", "gradient_points", "gradient_factor", "gradient_ratio", "nonfinite_step", "seconds",
  ]

  /// The values of the columns, in their order.
  var values: [(any Bindable)?] {
    [
      stepCount, recordedStepCount, siteCount, layerCount, parameterCount, finalLoss, finalAccuracy, gradientStep,
      gradientAxis, gradientPointCount, gradientFactor, gradientRatio, nonfiniteStep, seconds,
    ]
  }

  /// The stored summary that a statement over all `columns` has reached.
  private init(_ row: borrowing Statement) {
    stepCount = row.int(0)
    recordedStepCount = row.int(1)
    siteCount = row.int(2)
    layerCount = row.int(3)
    parameterCount = row.int(4)
    finalLoss = row.double(5) ?? .nan
    finalAccuracy = row.double(6)
    gradientStep = row.optionalInt(7)
    gradientAxis = row.optionalText(8)
    gradientPointCount = row.optionalInt(9)
    gradientFactor = row.double(10)
    gradientRatio = row.double(11)
    nonfiniteStep = row.optionalInt(12)
    seconds = row.double(13)
  }

  /// The summary of the run file at `path`: the stored one, which is read without the rest of the file, or where the run is not
  /// finished or of format 1 a computed one. Throws a `RunFileError` if the file can't be read.
  public static func read(from path: String) throws -> RunSummary {
    do {
      let (database, format) = try openRunFile(at: path)
      if format > 1 {
        let stored = try database.rows("SELECT \(columns.joined(separator: ", ")) FROM summary") { RunSummary($0) }
        if let summary = stored.last { return summary }
      }
    } catch {
      throw runFileError(error, reading: path)
    }
    return try RunSummary(computedFrom: Run(path: path))
  }
}

extension Run {
  /// The run in a few numbers. Throws a `RunFileError` if the file can't be read.
  public func summary() throws -> RunSummary { try RunSummary.read(from: path) }
}
