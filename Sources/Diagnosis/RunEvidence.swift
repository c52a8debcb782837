import RunFile
import Support

/// The values of a run that most rules need, read from its file once.
public struct RunEvidence: Sendable {
  /// The run itself.
  public let run: Run
  /// The RMS of dL/d(output), sites × recorded steps.
  public let gradients: LayerMatrix
  /// The gradient profile at the first step that was not skipped; nil where no gradient is recorded.
  public let profile: GradientProfile?
  /// The steps without an update, because gradients overflowed at the current loss scale.
  public let skippedSteps: Set<Int>
  /// Whether the loss does not go down: the mean of its last tenth is not finite, or, in a run of `shortestRun` steps or more, not below
  /// the mean of its first tenth by more than the share `learningLimit`.
  public let isStuck: Bool

  /// The share of the first loss by which the loss must fall to count as learning: 0.05.
  public static let learningLimit = 0.05
  /// The number of steps that a run needs before rules judge whether it learns: 20.
  public static let shortestRun = 20
  /// A weight whose mean relative update is below this share of the largest of all weights counts as not moving: 0.001.
  public static let updateLimit = 1e-3

  /// Reads the evidence of a run. Throws a `RunFileError` if the file can't be read.
  public init(_ run: Run) throws {
    self.run = run
    let gradients = try run.layers(.gradientRMS)
    self.gradients = gradients
    let skippedSteps = Set(run.events.filter { $0.kind == .skipped }.map(\.step))
    self.skippedSteps = skippedSteps
    profile =
      gradients.steps.indices.lazy
      .filter { !skippedSteps.contains(gradients.steps[$0]) }
      .compactMap { GradientProfile(gradients, column: $0) }.first
    let losses = run.steps.map(\.loss), count = max(1, losses.count / 10)
    let first = mean(losses.prefix(count)), last = mean(losses.suffix(count))
    let falls = last < first - Self.learningLimit * abs(first)
    isStuck = !losses.isEmpty && !falls && (losses.count >= Self.shortestRun || !last.isFinite)
  }

  /// The sites of the profile's points as indices of the run's `sites`, input first; empty without a profile.
  public var profileSites: [Int] { profile?.points.flatMap(\.sites) ?? [] }

  /// The fitted gradient at the first point of the profile over that at the last; nil without a fit.
  public var fittedRatio: Double? {
    guard let profile, let fit = profile.fit, let first = profile.points.first, let last = profile.points.last else {
      return nil
    }
    return fit.value(at: Double(first.position)) / fit.value(at: Double(last.position))
  }

  /// The paths of the weights that do not move in the run although others do (see `updateLimit`), and the number of weights with recorded
  /// updates; empty and 0 in a run of fewer than `shortestRun` steps, or without updates. Throws a `RunFileError` if the file can't be
  /// read.
  ///
  /// The loss can fall when only the last layer learns the class frequencies, so a falling loss does not show that the others learn.
  public func unmovedWeights() throws -> (paths: [String], count: Int) {
    guard run.steps.count >= Self.shortestRun else { return ([], 0) }
    let matrices = try run.weights([.updateNorm, .norm]), parameters = matrices[0].parameters
    let updates = parameters.indices.compactMap { index -> (path: String, size: Double)? in
      let updates = matrices[0].row(index).compactMap { $0 }
      guard let norm = matrices[1].row(index).lazy.compactMap({ $0 }).first, !updates.isEmpty else { return nil }
      let size = mean(updates) / norm
      return size.isFinite ? (parameters[index].path, size) : nil
    }
    guard let largest = updates.map(\.size).max() else { return ([], 0) }
    return (updates.filter { $0.size < Self.updateLimit * largest }.map(\.path), updates.count)
  }

  /// The paths of the sites with these indices in the run's `sites`. Stops the program if an index is out of range.
  public func paths(_ sites: some Collection<Int>) -> [String] { sites.map { run.sites[$0].path } }
}

private func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
