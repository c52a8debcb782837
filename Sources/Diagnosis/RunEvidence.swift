import Foundation
import RunFile

/// What rules judge a run by, read once.
public struct RunEvidence: Sendable {
  /// The run itself.
  public let run: Run
  /// The RMS of dL/d(output), sites × steps.
  public let gradients: LayerMatrix
  /// The gradient profile at the first step that was taken; nil where no gradient is recorded.
  public let profile: GradientProfile?
  /// The steps that were skipped since gradients overflowed at the scale of the loss.
  public let skippedSteps: Set<Int>
  /// Whether the loss does not go down: it ends as NaN or infinite, or its last tenth lies, in the mean, below its first
  /// by no more than `learningLimit` after at least `shortestRun` steps.
  public let isStuck: Bool

  /// The share of the first loss by which it must fall to count as learning.
  public static let learningLimit = 0.05
  /// The number of steps from which on a run shows whether it learns.
  public static let shortestRun = 20
  /// The share of the largest relative update of any weight below which a weight counts as not moving.
  public static let updateLimit = 1e-3

  /// Reads the evidence of a run. Throws a `RunFileError` if the file can't be read.
  public init(_ run: Run) throws {
    self.run = run
    let gradients = try run.layers(.gradientRMS)
    self.gradients = gradients
    let skippedSteps = Set(run.events.filter { $0.kind == .skipped }.map(\.step))
    self.skippedSteps = skippedSteps
    profile = gradients.steps.indices.lazy
      .filter { !skippedSteps.contains(gradients.steps[$0]) }
      .compactMap { GradientProfile(gradients, column: $0) }.first
    let losses = run.steps.map(\.loss), count = max(1, losses.count / 10)
    let first = mean(losses.prefix(count)), last = mean(losses.suffix(count))
    let falls = last < first - Self.learningLimit * abs(first)
    isStuck = !losses.isEmpty && !falls && (losses.count >= Self.shortestRun || !last.isFinite)
  }

  /// The sites of the profile's points, input first.
  public var profileSites: [Int] { profile?.points.flatMap(\.sites) ?? [] }

  /// The fitted gradient at the first point of the profile over that at the last; nil without a fit.
  public var fittedRatio: Double? {
    guard let profile, let fit = profile.fit, let first = profile.points.first, let last = profile.points.last else {
      return nil
    }
    return fit.value(at: Double(first.position)) / fit.value(at: Double(last.position))
  }

  /// The weights that hardly move in the whole run while others do, by path, and the number of weights with updates; none where the run
  /// is too short or has no updates.
  ///
  /// A loss can fall because the last layer alone learns how frequent the classes are, so it says nothing about the other layers.
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

  /// The paths of sites by their positions in the run's `sites`.
  public func paths(_ sites: some Collection<Int>) -> [String] { sites.map { run.sites[$0].path } }
}

private func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }

/// A number in three significant digits.
func rounded(_ value: Double) -> String { String(format: "%.3g", value) }
