import Autodiff
import Foundation
import NeuralNetworks
import RunFile

/// Records a training loop into a run file: by default of every layer's output, of the gradient with respect to it, and of what the
/// optimizer does to each weight, at every step.
///
/// Call `step(loss:)` once after each `optimizer.step()`, and `finish()` at the end. Only passes that are on the tape
/// count, so evaluating inside `withoutGradients { }` is not recorded. A recorder never changes the training: losses are bit-identical
/// to those without it.
///
/// There is a row per call of a module in a pass: a module that is called again in the same pass, since it is shared or recurrent,
/// has a site per call, `path`, `path[1]`, `path[2]`, …. A row covers all passes before one step, as where gradients are
/// accumulated, and all tensors that the module puts out: counts and histograms add up, means, fractions and RMS are over all
/// elements, extremes the extremes of all. An update is that of the optimizer's last step. A step that a `LossScaler`
/// skips is an event `skipped`; `step(loss:)` is called after it as after others.
///
///     let recorder = try Recorder(model, optimizer, writingTo: "run.rheo")
///     for batch in batches {
///       let loss = crossEntropy(model(batch.inputs), batch.labels)
///       loss.backward()
///       optimizer.step()
///       try recorder.step(loss: loss)
///     }
///     let run = try recorder.finish()
///
/// Without a model, observe tensors: `recorder.observe("hidden", tensor)`.
public final class Recorder {
  private let probes: ProbeRunner
  private let assembly: StepAssembly
  private let observer: ModelObserver
  private var sampleTable = SampleTable()
  private var isFinished = false

  /// A recorder of `model` as the optimizers train it, by default with every standard probe at every step.
  ///
  /// `meta` is kept in the file beside the recorder's own entries. `warn` receives, once each, what the user should know; by default it
  /// is written to standard error. `clock` gives seconds. Throws a `RunFileError` if the file can't be written, and a `HookError` if a
  /// probe's pattern matches no module.
  public convenience init(
    _ model: Module, _ optimizers: [Optimizer], writingTo path: String, probes: ProbeSet = .standard,
    meta: [MetaKey: String] = [:], warn: ((String) -> Void)? = nil,
    clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) throws {
    try self.init(
      model: model, optimizers, writingTo: path, probes,
      meta.merging([.model: model.description]) { given, _ in given }, warn, clock)
  }

  /// The same with the optimizers one after the other: `Recorder(model, optimizer, writingTo: path)`.
  public convenience init(
    _ model: Module, _ optimizers: Optimizer..., writingTo path: String, probes: ProbeSet = .standard,
    meta: [MetaKey: String] = [:], warn: ((String) -> Void)? = nil,
    clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) throws {
    try self.init(model, optimizers, writingTo: path, probes: probes, meta: meta, warn: warn, clock: clock)
  }

  /// A recorder of the tensors that `observe` is given, and of nothing else. Throws a `RunFileError` if the file can't be written.
  public convenience init(
    writingTo path: String, probes: ProbeSet = .standard, meta: [MetaKey: String] = [:],
    warn: ((String) -> Void)? = nil, clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) throws {
    try self.init(model: nil, [], writingTo: path, probes, meta, warn, clock)
  }

  private init(
    model: Module?, _ optimizers: [Optimizer], writingTo path: String, _ probes: ProbeSet, _ meta: [MetaKey: String],
    _ warn: ((String) -> Void)?, _ clock: @escaping () -> Double
  ) throws {
    if let model {
      for pattern in probes.plans.compactMap(\.pattern) { try model.requireModule(matching: pattern) }
    }
    let own: [MetaKey: String] = [.depthSource: model == nil ? "call order" : "tape"]
    let writer = try RunWriter(path: path, meta: own.merging(meta) { $1 })
    self.probes = ProbeRunner(probes)
    assembly = StepAssembly(
      writer, RecordingWarnings(writer, warn: warn), ParameterTable(model, optimizers), clock: clock)
    observer = ModelObserver(model, optimizers, self.probes, assembly)
    begin()
  }

  /// Lets the probes observe a tensor, of any shape, under a name, which becomes a site of its own, and the gradient with respect to it
  /// when there is one.
  ///
  /// Every call belongs to the current step, whose row covers all tensors under one name. Inside `withoutGradients { }` a recorder with a
  /// model observes nothing. With a model the site has the depth of the tensor; without one each name counts as one layer more than the
  /// name before.
  public func observe(_ name: String, _ tensor: Tensor) { observer.observe(name, tensor) }

  /// Records a number about the training under a name, such as `validation_loss`, at the last step that is over; at step 0 before
  /// there is one. Throws a `RunFileError` if writing has failed.
  public func record(_ name: String, _ value: Double) throws {
    try assembly.writer.scalar(step: max(assembly.number - 1, 0), name: name, value: value)
  }

  /// Records the accuracy and the loss of an evaluation under `NAME_accuracy` and `NAME_loss`. Throws a `RunFileError` if writing has
  /// failed.
  public func record(_ evaluation: Evaluation) throws {
    try record("\(evaluation.name)_loss", evaluation.loss)
    if let accuracy = evaluation.accuracy { try record("\(evaluation.name)_accuracy", accuracy) }
  }

  /// Ends a step: everything since the last one becomes its rows.
  ///
  /// `loss` is a scalar, or [samples], whose mean is recorded. `again`, which computes the same loss again, is for probes of
  /// curvature. Throws a `RunFileError` if the run file can no longer be written; what was recorded before is kept.
  public func step(loss: Tensor, accuracy: Double? = nil, again: (() -> Tensor)? = nil) throws {
    let losses = loss.elementCount > 1 ? loss.values.map(Double.init) : []
    let value = losses.isEmpty ? Double(loss.value) : losses.reduce(0, +) / Double(losses.count)
    try assembly.reportProblems(loss: value)
    let layers = observer.isAttached ? assembly.layers : []
    let wereReplaced = observer.isAttached && observer.modulesWereReplaced(called: layers.count)
    if observer.isAttached {
      if !wereReplaced { observer.warnOfMissingParts() }
      try runProbes(loss: value, losses, layers, again)
    }
    try assembly.write(
      loss: value, accuracy: accuracy, learningRate: observer.optimizers.first.map { Double($0.learningRate) }, layers)
    if wereReplaced { observer.detach() }
    begin()
  }

  /// Ends the recording and opens what was written. The model is left without the recorder's hooks. Throws a `RunFileError` if the run file
  /// can't be written, and whatever a probe throws.
  public func finish(meta: [MetaKey: String] = [:]) throws -> Run {
    observer.end()
    if assembly.number == 0 { assembly.warnings.noSteps() }
    if let unhooked = observer.unhooked {
      let report = FinalReport(unhooked: unhooked, layers: assembly.sites.layers, writer: assembly.writer)
      defer { unhooked.putBack() }
      try probes.finish(report)
    }
    return try assembly.writer.finish(meta: meta)
  }

  deinit { observer.end() }

  private func begin() {
    observer.begin(isRecorded: probes.begin(assembly.number, lastLoss: assembly.lastLoss))
  }

  /// Lets the probes observe the step that is over.
  private func runProbes(
    loss: Double, _ losses: [Double], _ layers: [ProbedLayer], _ again: (() -> Tensor)?
  ) throws {
    let needs = probes.needs, warnings = assembly.warnings
    defer { if !needs.isDisjoint(with: [.inputs, .samples]) { for layer in assembly.sites.layers { layer.clear() } } }
    guard let unhooked = observer.unhooked else { return }
    if needs.contains(.lossAgain), again == nil { warnings.noLossAgain() }
    let inputs = observer.inputs, count = inputs.first?.shape.first ?? (losses.isEmpty ? nil : losses.count)
    let found =
      needs.contains(.samples) && assembly.skippedAtScale == nil
      ? withoutGradients { sampleTable.gradients(of: layers, samples: count) } : nil
    for (reason, text) in found?.missing ?? [:] { warnings.once(text, about: reason) }
    let step = ProbedStep(
      number: assembly.number, loss: loss, losses: losses, unhooked: unhooked, optimizers: observer.optimizers,
      layers: layers, input: inputs.count == 1 && !observer.outputsAreSeveral ? inputs[0] : nil,
      samples: found?.samples, again: again.map { compute in { unhooked.lossAgain(compute) } },
      warn: { warnings.once($0) })
    try observer.whilePaused { try probes.stepDidEnd(step, into: &assembly.model) }
  }
}
