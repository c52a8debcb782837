import Autodiff
import Foundation
import NeuralNetworks
import RunFile
import Support

/// Records a training loop into a run file: by default statistics (mean, RMS, extremes, …) of every layer's output, of the gradient of the
/// loss with respect to that output, and of each weight's update, at every step.
///
/// Call `step(loss:)` once after each `optimizer.step()`, and `finish()` at the end. The recorder has seen the outputs during the forward
/// pass, the gradients during `backward()` and the updates during `optimizer.step()`; `step(loss:)` writes them. Only forward passes with
/// gradients enabled are recorded, so a model may be evaluated inside `withoutGradients { }`. A recorder never changes the training:
/// losses are bit-identical with and without it.
///
/// The table `site` of the run file has one row per call of a module in a forward pass. A shared or recurrent module, which is called
/// several times, has the sites `path`, `path[1]`, `path[2]`, …. The table `layer` has one row per site and step. With gradient
/// accumulation that row combines all forward and backward passes since the last optimizer step: counts and histograms are added up,
/// means, fractions and RMS are over all elements, and so are minimum and maximum. The update is the change that the last optimizer step
/// made to a weight. A step that a `LossScaler` skips is a row of kind `skipped` in the table `event`; call
/// `step(loss:)` after it too.
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
/// Without a model, name the tensors to observe: `recorder.observe("hidden", tensor)`.
public final class Recorder {
  private let probes: ProbeRunner
  private let assembly: StepAssembly
  private let observer: ModelObserver
  private var sampleTable = SampleTable()
  private var hooksAfterSteps: [(_ step: Int, _ path: String) throws -> Void] = []

  /// Records `model` while `optimizers` train it, by default with every standard probe at every step.
  ///
  /// `meta` is added to the entries that the recorder writes. `warn` is called once with each warning; by default it prints to standard
  /// error. `clock` returns seconds. Throws a `RunFileError` if the file can't be written, and a `HookError` if a probe's pattern
  /// matches no module.
  public convenience init(
    _ model: Module, _ optimizers: [Optimizer], writingTo path: String, probes: ProbeSet = .standard,
    meta: [MetaKey: String] = [:], warn: ((String) -> Void)? = nil,
    clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) throws {
    try self.init(
      model: model, optimizers, writingTo: path, probes,
      meta.merging([.model: model.description]) { given, _ in given }, warn, clock)
  }

  /// Records `model` while one or several optimizers train it: `Recorder(model, optimizer, writingTo: path)`. Throws a `RunFileError`
  /// if the file can't be written, and a `HookError` if a probe's pattern matches no module.
  public convenience init(
    _ model: Module, _ optimizers: Optimizer..., writingTo path: String, probes: ProbeSet = .standard,
    meta: [MetaKey: String] = [:], warn: ((String) -> Void)? = nil,
    clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) throws {
    try self.init(model, optimizers, writingTo: path, probes: probes, meta: meta, warn: warn, clock: clock)
  }

  /// Records only the tensors that are given to `observe`. Throws a `RunFileError` if the file can't be written.
  public convenience init(
    writingTo path: String, probes: ProbeSet = .standard, meta: [MetaKey: String] = [:],
    warn: ((String) -> Void)? = nil, clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) throws {
    try self.init(model: nil, [], writingTo: path, probes, meta, warn, clock)
  }

  private convenience init(
    model: Module?, _ optimizers: [Optimizer], writingTo path: String, _ probes: ProbeSet, _ meta: [MetaKey: String],
    _ warn: ((String) -> Void)?, _ clock: @escaping () -> Double
  ) throws {
    model?.refreshReflection()
    try Self.check(probes, model)
    let own: [MetaKey: String] = [
      .depthSource: model == nil ? "call order" : "tape", .bfloat16Products: BFloat16Products.current.rawValue,
    ]
    self.init(
      model, optimizers, try RunWriter(path: path, meta: own.merging(meta) { $1 }), ProbeRunner(probes), warn, clock)
    begin()
  }

  /// Goes on with a recording in the run file that it began, from a checkpoint that `TrainingState.save(_:_:_:recorder:to:)` wrote with its recorder.
  ///
  /// Rows of later steps are removed from the run file, so no step is in it twice. The finished file is that of a recording without a
  /// break, but for clock values and an event of kind `interrupted`. The model, the optimizers, what is frozen, and the probes must be those
  /// of the recording; restore the model and the optimizer with `TrainingState.init(restoring:)`.
  ///
  ///     let state = try TrainingState(restoring: model, optimizer, from: "training.safetensors")
  ///     let recorder = try Recorder(resuming: "run.rheo", from: "training.safetensors", model, optimizer)
  ///     batches.position = state.batchPosition
  ///     for step in state.step..<100 { … }
  ///
  /// Throws a `WeightsError` if the checkpoint can't be read or has no recorder, and a `RunFileError` if the run file can't be read or
  /// written, or holds another model's recording. The run file is unchanged then.
  public convenience init(
    resuming path: String, from checkpoint: String, _ model: Module, _ optimizers: Optimizer...,
    probes: ProbeSet = .standard, warn: ((String) -> Void)? = nil,
    clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) throws {
    model.refreshReflection()
    try Self.check(probes, model)
    let state = try RecorderState(in: checkpoint)
    let runner = ProbeRunner(probes)
    let recorded = try RecordedModel(in: path, at: state, model, optimizers, runner)
    func restoring(_ body: () throws -> Void) throws {
      do { try body() } catch {
        throw WeightsError.differentTraining(path: checkpoint, problem: "of the recorder \(error)")
      }
    }
    guard state.probes == runner.names else {
      throw WeightsError.differentTraining(
        path: checkpoint,
        problem: "its probes are \(listed(state.probes)), and here they are \(listed(runner.names)); give the same")
    }
    try restoring {
      try runner.restore(from: state.probeStates, recorded.sites.layers, losses: recorded.steps.map(\.loss))
    }
    // The file is changed last.
    self.init(model, optimizers, try RunWriter(resuming: path, at: state.position), runner, warn, clock)
    assembly.parameters = recorded.parameters
    assembly.sites = recorded.sites
    assembly.warnings.warned = Set(state.warnings)
    assembly.restore(recorded.steps, seconds: state.seconds)
    try restoring {
      try observer.restore(from: state.observer)
      try assembly.facts.restore(from: state.facts)
    }
    try writer.event(
      step: assembly.number, kind: .interrupted,
      text: "the recording was interrupted, and goes on from a checkpoint before this step")
    begin()
  }

  private init(
    _ model: Module?, _ optimizers: [Optimizer], _ writer: RunWriter, _ probes: ProbeRunner,
    _ warn: ((String) -> Void)?, _ clock: @escaping () -> Double
  ) {
    self.probes = probes
    assembly = StepAssembly(
      writer, RecordingWarnings(writer, warn: warn), TrainingFacts(model, optimizers, writer),
      ParameterTable(model, optimizers), clock: clock)
    observer = ModelObserver(model, optimizers, self.probes, assembly)
  }

  private static func check(_ probes: ProbeSet, _ model: Module?) throws {
    for pattern in probes.plans.compactMap(\.pattern) { try model?.requireModule(matching: pattern) }
  }

  /// Whether a step is over and the next one has not begun.
  package var isBetweenSteps: Bool { !assembly.seen.forward }

  /// All that it needs to go on. Writes all rows first. Throws a `RunFileError` if writing has failed.
  func state() throws -> RecorderState {
    if !isBetweenSteps {
      stop("TrainingState.save", "a step has begun; save between recorder.step() and the next forward pass")
    }
    return RecorderState(
      position: try writer.flush(), seconds: assembly.seconds, probes: probes.names,
      warnings: assembly.warnings.warned.sorted(), areFrozen: assembly.parameters.areFrozen, observer: observer.save(),
      facts: assembly.facts.save(), probeStates: probes.save(assembly.sites.layers))
  }

  /// Writes the run file.
  package var writer: RunWriter { assembly.writer }

  /// Records a tensor of any shape, and the gradient with respect to it, as a site with this name.
  ///
  /// The row of a step covers all tensors that were given under one name. Inside `withoutGradients { }` a recorder with a model observes
  /// nothing. With a model the site's depth is that of the tensor; without a model the n-th name has depth n.
  public func observe(_ name: String, _ tensor: Tensor) {
    if observer.hasEnded { return assembly.warnings.warnObservedTooLate(name) }
    observer.observe(name, tensor)
  }

  /// Records a number under a name, such as `validation_loss`, at the last completed step, or at step 0 if there is none. Throws a
  /// `RunFileError` if writing has failed or the recording is finished.
  public func record(_ name: String, _ value: Double) throws {
    try assembly.writer.scalar(step: max(assembly.number - 1, 0), name: name, value: value)
  }

  /// Records the loss and the accuracy of an evaluation as `NAME_loss` and `NAME_accuracy`. Throws a `RunFileError` if writing has
  /// failed or the recording is finished.
  public func record(_ evaluation: Evaluation) throws {
    try record("\(evaluation.name)_loss", evaluation.loss)
    if let accuracy = evaluation.accuracy { try record("\(evaluation.name)_accuracy", accuracy) }
  }

  /// Ends a step and writes its rows.
  ///
  /// `loss` is a scalar, or [samples], whose mean is recorded; the losses of samples make some probes more exact. `accuracy` is a
  /// fraction from 0 to 1. `again` computes the same loss again, a scalar or [samples], and is needed by probes with
  /// `ProbeNeeds.lossAgain`. Throws a `RunFileError` if the run file can no longer be written or the recording is finished, and any
  /// error of a probe; rows that were written before are kept.
  public func step(loss: Tensor, accuracy: Double? = nil, again: (() -> Tensor)? = nil) throws {
    try assembly.writer.requireOpen()
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
      loss: value, accuracy: accuracy, learningRate: observer.optimizers.first.map { Double($0.learningRate) },
      isRecorded: observer.isAttached, layers)
    if wereReplaced { observer.detach() }
    begin()
    guard !hooksAfterSteps.isEmpty else { return }
    for hook in hooksAfterSteps { try hook(assembly.number - 1, writer.path) }
  }

  /// Calls `hook` after each step with its number, and throws what it throws.
  package func afterStep(_ hook: @escaping (_ step: Int, _ path: String) throws -> Void) {
    hooksAfterSteps.append(hook)
  }

  /// Ends the recording, removes the recorder's hooks and opens the run file. `meta` is added to its entries. Throws a `RunFileError` if
  /// the run file can't be written, and any error of a probe. Later calls of `step`, `record` and `finish` throw a `RunFileError`, and `observe` prints a warning.
  public func finish(meta: [MetaKey: String] = [:]) throws -> Run {
    observer.end()
    // Writes what was accepted, and throws the reason.
    guard assembly.writer.isOpen else { return try assembly.writer.finish() }
    if assembly.number == 0 {
      assembly.warnings.warnNoSteps()
    } else {
      try assembly.facts.finish(assembly.number - 1, assembly.parameters.all)
    }
    if let unhooked = observer.unhooked {
      let report = FinalReport(unhooked: unhooked, layers: assembly.sites.layers, writer: assembly.writer)
      defer { unhooked.restoreHooks() }
      try probes.finish(report)
    }
    return try assembly.writer.finish(meta: meta)
  }

  deinit { observer.end() }

  private func begin() {
    observer.begin(isRecorded: probes.begin(assembly.number, lastLoss: assembly.lastLoss))
  }

  /// Calls `stepDidEnd` of the probes.
  private func runProbes(
    loss: Double, _ losses: [Double], _ layers: [ProbedLayer], _ again: (() -> Tensor)?
  ) throws {
    let needs = probes.needs, warnings = assembly.warnings
    defer { if !needs.isDisjoint(with: [.inputs, .samples]) { for layer in assembly.sites.layers { layer.clear() } } }
    guard let unhooked = observer.unhooked else { return }
    if needs.contains(.lossAgain), again == nil { warnings.warnNoLossAgain() }
    let inputs = observer.inputs, count = inputs.first?.shape.first ?? (losses.isEmpty ? nil : losses.count)
    let found =
      needs.contains(.samples) && assembly.skippedAtScale == nil
      ? withoutGradients { sampleTable.gradients(of: layers, samples: count) } : nil
    for (reason, text) in found?.missing ?? [:] { warnings.warnOnce(text, key: reason) }
    let step = ProbedStep(
      number: assembly.number, loss: loss, losses: losses, unhooked: unhooked, optimizers: observer.optimizers,
      layers: layers, input: inputs.count == 1 && !observer.outputsAreSeveral ? inputs[0] : nil,
      samples: found?.samples, again: again.map { compute in { unhooked.lossAgain(compute) } },
      warn: { warnings.warnOnce($0) })
    try observer.whilePaused { try probes.stepDidEnd(step, into: &assembly.model) }
  }
}
