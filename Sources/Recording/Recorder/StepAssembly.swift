import Autodiff
import NeuralNetworks
import RunFile

/// Collects the rows of the current step and writes them.
final class StepAssembly {
  let writer: RunWriter
  let warnings: RecordingWarnings
  let facts: TrainingFacts
  private let clock: () -> Double
  private var started: Double

  /// Optimizer steps before the current one.
  @exclusivity(unchecked) private(set) var number = 0 { didSet { warnings.step = number } }
  @exclusivity(unchecked) var sites = SiteTable()
  @exclusivity(unchecked) var parameters: ParameterTable
  /// The numbers that probes record of the whole model.
  @exclusivity(unchecked) var model = ProbeOutput(site: -1)
  /// Norms of weights whose modules have no row in this step.
  @exclusivity(unchecked) var weights: [WeightRow] = []
  /// Whether a forward pass, a backward pass and an optimizer's step have occurred in this step.
  @exclusivity(unchecked) var seen: RecordingWarnings.Parts = (false, false, false)
  /// The optimizer whose step was skipped, its step count then, and the scale of the loss.
  @exclusivity(unchecked) private var skip: (optimizer: Optimizer, count: Int, scale: Float)?
  /// Whether an activation of the step is not finite.
  @exclusivity(unchecked) private var hasNonfiniteActivation = false
  /// The first layer with a gradient that is not finite.
  @exclusivity(unchecked) private var nonfiniteGradient: ProbedLayer?
  private(set) var lastLoss: Double?

  init(
    _ writer: RunWriter, _ warnings: RecordingWarnings, _ facts: TrainingFacts, _ parameters: ParameterTable,
    clock: @escaping () -> Double
  ) {
    (self.writer, self.warnings, self.facts, self.parameters, self.clock) = (writer, warnings, facts, parameters, clock)
    started = clock()
  }

  /// The seconds since the recording began.
  var seconds: Double { clock() - started }

  /// Goes on after the last of these steps, `seconds` after the recording began.
  func restore(_ steps: [StepRow], seconds: Double) {
    number = steps.count
    lastLoss = steps.last?.loss
    started = clock() - seconds
    model.begin(number)
  }

  /// The sites of the current step, in the order of first calls.
  var layers: [ProbedLayer] { sites.layers.filter { $0.lastStep == number } }

  /// Reports a NaN or an infinity among the activations of a site.
  func check(activationsOf layer: ProbedLayer) {
    guard let count = layer.output.row[.nonfiniteCount], count != 0 else { return }
    hasNonfiniteActivation = true
    warnings.reportNonfinite("an activation is not finite", at: layer, step: number)
  }

  /// Keeps the first site with a NaN or an infinity among its gradients. It is reported when the step ends, unless a loss scaler
  /// skipped the step.
  func check(gradientsOf layer: ProbedLayer) {
    guard let count = layer.output.row[.gradientNonfiniteCount], count != 0 else { return }
    nonfiniteGradient = nonfiniteGradient ?? layer
  }

  /// Records that a loss scaler skipped an optimizer's step.
  func wasSkipped(_ optimizer: Optimizer, atScale scale: Float) { skip = (optimizer, optimizer.stepCount, scale) }

  /// The scale of the loss at which the step was skipped; nil if the optimizer took the step afterwards.
  var skippedAtScale: Float? { skip.flatMap { $0.optimizer.stepCount == $0.count ? $0.scale : nil } }

  /// Whether a value of the step, which has this loss, is NaN or infinite, unless a loss scaler skipped the step.
  func isNonfinite(loss: Double) -> Bool {
    skippedAtScale == nil && (!loss.isFinite || hasNonfiniteActivation || nonfiniteGradient != nil)
  }

  /// Reports a skipped step, or values that are not finite.
  func reportProblems(loss: Double) throws {
    if let scale = skippedAtScale {
      try warnings.recordSkip(atScale: scale, step: number)
    } else if let layer = nonfiniteGradient {
      warnings.reportNonfinite("a gradient is not finite", at: layer, step: number)
    }
    if !loss.isFinite { warnings.reportNonfinite("the loss is \(loss.isNaN ? .nan : loss)", at: nil, step: number) }
  }

  /// Writes the step, and begins the next one.
  func write(
    loss: Double, accuracy: Double?, learningRate: Double?, isRecorded: Bool, _ layers: [ProbedLayer]
  ) throws {
    let newSites = sites.takeNew()
    if let newSites { try writer.define(sites: newSites) }
    if let rows = parameters.takeRows(sites, hasNewSites: newSites != nil) { try writer.define(parameters: rows) }
    for change in parameters.takeChanges() { try writer.event(step: number, kind: .parameterChanged, text: change) }
    try writer.append(
      step: StepRow(
        step: number, loss: loss, accuracy: accuracy, learningRate: learningRate, seconds: seconds),
      layers: layers.compactMap { $0.output.row.isEmpty ? nil : $0.output.row },
      weights: layers.reduce(into: weights) { $0 += $1.output.weights })
    for layer in layers { try layer.output.write(step: number, site: layer.index, to: writer) }
    try model.write(step: number, site: nil, to: writer)
    try facts.writeScalars(number)
    if isRecorded { try facts.endStep(number, isNonfinite: isNonfinite(loss: loss)) { parameters.all } }
    lastLoss = loss
    number += 1
    weights.removeAll(keepingCapacity: true)
    seen = (false, false, false)
    (skip, nonfiniteGradient, hasNonfiniteActivation) = (nil, nil, false)
    model.begin(number)
  }
}
