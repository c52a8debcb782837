import Foundation
import RunFile
import Support

/// The values of a run that most rules need, read from its file once.
public struct RunEvidence: Sendable {
  /// The run itself.
  public let run: Run
  /// The facts of the run.
  public let facts: RecordedFacts
  /// What the loss does.
  public let loss: LossCourse
  /// What the net is to learn.
  public let task: Task
  /// The gradient profile at the first step that was not skipped; nil where no gradient is recorded.
  public let profile: GradientProfile?
  /// The steps without an update, because gradients overflowed at the current loss scale.
  public let skippedSteps: Set<Int>
  /// The mean of ‖ΔW‖ over ‖W‖ of each parameter of two or more dimensions, in the order of `weights`; nil where updates are not recorded.
  public let relativeUpdates: [Double?]
  /// The losses on samples that the net is not trained on: the scalars `validation_loss`, or else `test_loss`; nil if there are none.
  public let otherLosses: [Scalar]?
  /// The first loss, activation or gradient that is NaN or infinite; nil if all are finite.
  private(set) var nonfinite: NonfiniteEvent?
  private let layerMatrices: [LayerMatrix]
  private let weightMatrices: [WeightMatrix]

  /// A weight whose mean relative update is below this share of the largest of all weights counts as not moving: 0.001.
  public static let updateLimit = 1e-3

  /// Reads the evidence of a run. Throws a `RunFileError` if the file can't be read.
  public init(_ run: Run) throws {
    self.run = run
    facts = RecordedFacts(try run.facts())
    task = Task(facts, run)
    layerMatrices = try run.layers(LayerQuantity.allCases)
    weightMatrices = try run.weights(WeightQuantity.allCases)
    let skippedSteps = Set(run.events.filter { $0.kind == .skipped }.map(\.step))
    self.skippedSteps = skippedSteps
    let gradients = layerMatrices[LayerQuantity.gradientRMS.rawValue]
    profile =
      gradients.steps.indices.lazy
      .filter { !skippedSteps.contains(gradients.steps[$0]) }
      .compactMap { GradientProfile(gradients, column: $0) }.first
    loss = LossCourse(
      run.steps.map(\.loss), constantLoss: task.constantLoss, isExact: task.kind == .classes && task.classCounts != nil,
      isWarmingUp: Self.isWarmingUp(run.steps.compactMap(\.learningRate)))
    otherLosses = try ["validation_loss", "test_loss"].lazy.map { try run.scalars($0) }.first { !$0.isEmpty }
    let updates = weightMatrices[WeightQuantity.updateNorm.rawValue],
      norms = weightMatrices[WeightQuantity.norm.rawValue]
    relativeUpdates = updates.parameters.indices.map { index in
      let sizes = updates.row(index).compactMap { $0 }
      guard let norm = norms.row(index).lazy.compactMap({ $0 }).first, !sizes.isEmpty else { return nil }
      let mean = sizes.reduce(0, +) / Double(sizes.count)
      return norm == 0 ? (mean == 0 ? 0 : .infinity) : mean / norm
    }
    nonfinite = firstNonfinite()
  }

  /// Whether the learning rate still rises at the end, or has reached its maximum in the last fifth of the steps.
  private static func isWarmingUp(_ rates: [Double]) -> Bool {
    guard let last = rates.last, let largest = rates.max(), largest > 0, last >= 0.99 * largest,
      rates[0] < 0.5 * largest,
      let top = rates.firstIndex(where: { $0 >= 0.99 * largest })
    else { return false }
    return Double(top) > 0.8 * Double(rates.count)
  }

  /// One statistic over all sites and recorded steps.
  public func layers(_ quantity: LayerQuantity) -> LayerMatrix { layerMatrices[quantity.rawValue] }

  /// One statistic over all parameters of two or more dimensions and recorded steps.
  public func weights(_ quantity: WeightQuantity) -> WeightMatrix { weightMatrices[quantity.rawValue] }

  /// The RMS of dL/d(output), sites × recorded steps.
  public var gradients: LayerMatrix { layers(.gradientRMS) }

  /// All steps of the run; 0...0 if there are none.
  public var allSteps: ClosedRange<Int> { (run.steps.first?.step ?? 0)...(run.steps.last?.step ?? 0) }

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
  /// updates; empty and 0 in a run of fewer than `LossCourse.shortestRun` steps, or without updates. Frozen weights don't count.
  ///
  /// The loss can fall when only the last layer learns the class frequencies, so a falling loss does not show that the others learn.
  public var unmovedWeights: (paths: [String], count: Int) {
    guard run.steps.count >= LossCourse.shortestRun else { return ([], 0) }
    let parameters = weights(.updateNorm).parameters
    let updates = zip(parameters, relativeUpdates).compactMap { parameter, size in
      size.flatMap { $0.isFinite && !parameter.isFrozen ? (path: parameter.path, size: $0) : nil }
    }
    guard let largest = updates.map(\.size).max() else { return ([], 0) }
    return (updates.filter { $0.size < Self.updateLimit * largest }.map(\.path), updates.count)
  }

  /// The paths of the sites with these indices in the run's `sites`. Stops the program if an index is out of range.
  public func paths(_ sites: some Collection<Int>) -> [String] { sites.map { run.sites[$0].path } }
}
