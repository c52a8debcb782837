/// The row of the table `summary`: the main numbers of a run, so that a table over many runs reads one row of each.
public struct RunSummary: Sendable, Equatable {
  /// The number of steps.
  public var stepCount: Int
  /// The number of steps with recorded layers.
  public var recordedStepCount: Int
  /// The number of sites.
  public var siteCount: Int
  /// The number of layers.
  public var layerCount: Int
  /// The number of elements of all parameters.
  public var parameterCount: Int
  /// The mean loss over the last 20 steps, or all if there are fewer; NaN where there are none.
  public var finalLoss: Double
  /// The mean accuracy over the same steps; nil if it is not recorded.
  public var finalAccuracy: Double?
  /// The step of the gradient profile: the first recorded one that was taken; nil if no gradient is recorded.
  public var gradientStep: Int?
  /// The axis of the profile: `depth`, or `calls of MODULE`.
  public var gradientAxis: String?
  /// The number of points of the profile.
  public var gradientPointCount: Int?
  /// The factor per layer of the gradient in the backward pass; nil if there is no fit.
  public var gradientFactor: Double?
  /// The first point of the profile over the last; nil if that is not a finite number.
  public var gradientRatio: Double?
  /// The step of the first NaN or infinity; nil if there is none.
  public var nonfiniteStep: Int?
  /// Seconds from the start of the recording to its last step.
  public var seconds: Double?

  /// Computes the summary of a run. Throws a `RunFileError` if the file can't be read.
  init(computedFrom run: Run) throws {
    stepCount = run.steps.count
    recordedStepCount = try run.reading {
      try $0.rows(["count(DISTINCT step)"], of: "layer") { $0.computedInt(0) }
    }[0]
    siteCount = run.sites.count
    layerCount = run.sites.count { $0.isLayer }
    let parameterCounts =
      run.format == 1
      ? try run.reading { try $0.rows(["parameters", rowNumber], of: "site") { try $0.whole(0) } }
      : run.parameters.map { product(of: $0.shape) }
    parameterCount = parameterCounts.reduce(0) { $0.addingReportingOverflow($1).partialValue }
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

  /// The summary in a row of all `columns`.
  private init(_ row: borrowing Statement) throws(WrongValue) {
    stepCount = try row.whole(0)
    recordedStepCount = try row.whole(1)
    siteCount = try row.whole(2)
    layerCount = try row.whole(3)
    parameterCount = try row.id(4)
    finalLoss = try row.number(5) ?? .nan
    finalAccuracy = try row.number(6)
    gradientStep = try row.optionalWhole(7)
    gradientAxis = try row.optionalText(8)
    gradientPointCount = try row.optionalWhole(9)
    gradientFactor = try row.number(10)
    gradientRatio = try row.number(11)
    nonfiniteStep = try row.optionalWhole(12)
    seconds = try row.number(13)
  }

  /// The summary of the run file at `path`: the stored one, which is fast to read, or if the run is not finished or of format 1 a computed
  /// one. Throws a `RunFileError` if the file can't be read.
  public static func read(from path: String) throws -> RunSummary {
    do {
      let (database, format) = try openRunFile(at: path)
      if format > 1 {
        let stored = try database.rows(columns + [rowNumber], of: "summary") { try RunSummary($0) }
        if let summary = stored.last { return summary }
      }
    } catch {
      throw runFileError(error, reading: path)
    }
    return try RunSummary(computedFrom: Run(path: path))
  }
}

extension Run {
  /// The main numbers of the run. Throws a `RunFileError` if the file can't be read.
  public func summary() throws -> RunSummary { try RunSummary.read(from: path) }
}
