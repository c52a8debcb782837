import Autodiff
import Foundation
import NeuralNetworks
import RunFile
import Support

/// Watches a training loop, and writes what its probes find into a run file: by default of every module's output, the gradient
/// that comes back to it, and what the optimizer does to its weight, at every step.
///
/// Call `step(loss:)` once after each `optimizer.step()`, and `finish()` at the end. Only passes that can be differentiated
/// count, so evaluating inside `withoutGradients { }` leaves no trace. A recorder looks and never touches: losses are bit-identical
/// to those without it.
///
/// A row tells of one call of a module in a pass: a module that is called again in the same pass, since it is shared or recurrent,
/// has a row for each call, `path`, `path[1]`, `path[2]`, …. A row tells of all passes before one step, as where gradients are
/// accumulated, and of all tensors that the module puts out: counts and histograms add up, means, fractions and RMS are over all
/// elements, extremes the extremes of all. What an optimizer does to a weight is that of its last step. A step that a `LossScaler`
/// skips is an event `skipped`, where `step(loss:)` is called after it as after others.
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
/// Without a model, show it tensors: `recorder.observe("hidden", tensor)`.
public final class Recorder {
  private let writer: RunWriter
  private let model: Module?
  private let optimizers: [Optimizer]
  private let notices: Notices
  private let clock: () -> Double
  private let started: Double

  @exclusivity(unchecked) private var plans: [ProbeSet.Plan]
  private let filters: [PathPattern?]
  /// The probes that look at a path.
  private let probes: (_ path: String) -> [Int]
  /// The schedules of the plans, each with those that share it, so that it is asked once a step.
  private let schedules: [(includes: RecordingSchedule.Choice, plans: [Int])]
  /// For each probe the earlier ones of its name: of those that are due at a layer the first looks.
  private let twins: [[Int]]
  private let hasTwins: Bool
  /// The probes that are due at the step that is under way, and what they need.
  @exclusivity(unchecked) private var isActive: [Bool]
  @exclusivity(unchecked) private var needs: ProbeNeeds = []

  @exclusivity(unchecked) private var sites = SiteTable()
  @exclusivity(unchecked) private var sampleTable = SampleTable()
  @exclusivity(unchecked) private var modelFindings = Findings(site: -1)
  @exclusivity(unchecked) private var stepNumber = 0
  @exclusivity(unchecked) private var lastOutput: Tensor?
  @exclusivity(unchecked) private var before: [ObjectIdentifier: Tensor] = [:]
  /// What the model itself was last called with, and whether it put out several tensors then.
  @exclusivity(unchecked) private var inputs: [Tensor] = []
  @exclusivity(unchecked) private var outputsAreSeveral = false
  /// The model for probes to call.
  private let quiet: UnhookedModel?
  /// Hooks that stay at all steps.
  private var standingHandles: [HookHandle] = []
  /// The modules that have been called, until the first recorded step is over.
  @exclusivity(unchecked) private var called: Set<ObjectIdentifier>? = []
  private var lastLoss: Double?
  /// The last step of which layers were recorded.
  private var lastRecordedStep = -2
  private let watched: WatchedModel?
  private var handles: [HookHandle] = []
  private var isAttached = false
  private let here = WeakRecorder()
  /// Whether the step that is under way has had a forward pass, a backward pass and an optimizer's step.
  @exclusivity(unchecked) private var seen: Notices.Parts = (false, false, false)
  /// The optimizer whose step was skipped, how many it had taken, and the scale of the loss.
  @exclusivity(unchecked) private var skip: (optimizer: Optimizer, count: Int, scale: Float)?
  /// The first layer with a gradient that is not finite.
  @exclusivity(unchecked) private var nonfiniteGradient: ProbedLayer?

  /// A recorder of `model` as the optimizers train it, by default with every standard probe at every step. `meta` is kept in the
  /// file beside the format's own entries, such as `experiment`, `variant` and `seed`. `notice` is told, once each, what the user
  /// should know; it writes to standard error unless it is given. `clock` tells seconds. Throws if the file can't be written, or
  /// a probe's pattern fits no module.
  public convenience init(
    _ model: Module, _ optimizers: Optimizer..., writingTo path: String, probes: ProbeSet = .standard,
    meta: [String: String] = [:], notice: ((String) -> Void)? = nil,
    clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) throws {
    try self.init(
      model: model, optimizers, writingTo: path, probes,
      meta.merging(["model": model.description]) { given, _ in given },
      notice, clock)
  }

  /// A recorder of the tensors that `observe` is given, and of nothing else.
  public convenience init(
    writingTo path: String, probes: ProbeSet = .standard, meta: [String: String] = [:],
    notice: ((String) -> Void)? = nil, clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) throws {
    try self.init(model: nil, [], writingTo: path, probes, meta, notice, clock)
  }

  private init(
    model: Module?, _ optimizers: [Optimizer], writingTo path: String, _ probes: ProbeSet, _ meta: [String: String],
    _ notice: ((String) -> Void)?, _ clock: @escaping () -> Double
  ) throws {
    if let model {
      for pattern in probes.plans.compactMap(\.pattern) { try model.requireModule(matching: pattern) }
    }
    writer = try RunWriter(path: path, meta: meta)
    self.model = model
    self.optimizers = optimizers
    notices = Notices(writer, tell: notice)
    self.clock = clock
    started = clock()
    plans = probes.plans
    let filters = probes.plans.map { $0.pattern.map { PathPattern($0) } }
    self.filters = filters
    let probesOfPath = { (path: String) in filters.indices.filter { filters[$0]?.matches(path) ?? true } }
    self.probes = probesOfPath
    watched = model.map { [here] in WatchedModel($0, probesOfPath, here) }
    isActive = plans.map { _ in false }
    let names = plans.map(\.probe.about.name)
    twins = names.indices.map { index in (0..<index).filter { names[$0] == names[index] } }
    hasTwins = twins.contains { !$0.isEmpty }
    quiet = model.map { [notices] in UnhookedModel($0, notices) }
    let rules = Dictionary(grouping: probes.plans.indices) { ObjectIdentifier(probes.plans[$0].schedule.rule) }
    schedules = rules.values.sorted { $0[0] < $1[0] }.map { (probes.plans[$0[0]].schedule.rule.begin(), $0) }
    here.recorder = self
    if let model, plans.contains(where: { !$0.probe.needs.isDisjoint(with: [.inputs, .samples]) }) {
      watchInputs(of: model)
    }
    standingHandles += optimizers.map { optimizer in
      optimizer.observeSkips { [unowned self, unowned optimizer] scale in
        skip = (optimizer, optimizer.stepCount, scale)
      }
    }
    begin()
  }

  /// Shows the probes a tensor under a name, which becomes a site of its own, and the gradient with respect to it when there is
  /// one. Every call is of the step that is under way, whose row tells of all tensors under one name. A recorder with a model
  /// takes no notice inside `withoutGradients { }`.
  public func observe(_ name: String, _ tensor: Tensor) {
    guard isAttached, model == nil || tapeIsOn || isInCheckpoint else { return }
    let layer = sites.observed(name, shape: tensor.shape) { probes(name) }
    let isNew = layer.awaitGradient(of: tensor, in: stepNumber) { [here, unowned layer] gradient, step in
      if let recorder = here.recorder, recorder.stepNumber == step { recorder.note(gradient: gradient, at: layer) }
    }
    // What a checkpoint computes again has been seen, but only now is it on the tape.
    if isNew, !isRecomputing { note(output: tensor, nil, at: layer) }
  }

  /// Ends a step: everything since the last one becomes its rows. `loss` is a number, or those of a batch's samples, whose mean is
  /// recorded. `again`, which computes the same loss again, is for probes that look at its curvature. Throws if the run file can
  /// no longer be written; what was recorded before is kept.
  public func step(loss: Tensor, accuracy: Double? = nil, again: (() -> Tensor)? = nil) throws {
    let losses = loss.elementCount > 1 ? loss.values.map(Double.init) : []
    let value = losses.isEmpty ? Double(loss.value) : losses.reduce(0, +) / Double(losses.count)
    if let scale = skippedAt {
      try notices.skipped(atScale: scale, step: stepNumber)
    } else if let layer = nonfiniteGradient {
      notices.nonfinite("a gradient is not finite", at: layer, step: stepNumber)
    }
    if !value.isFinite { notices.nonfinite("the loss is \(value)", at: nil, step: stepNumber) }
    let met = isAttached ? sites.layers.filter { $0.lastStep == stepNumber } : []
    let hasOtherParts = isAttached && partsWereReplaced(met: met.count)
    if isAttached {
      if !hasOtherParts { noteWhatIsMissing() }
      try closeProbes(loss: value, losses, met, again)
    }
    if let new = sites.takeNew() { try writer.define(sites: new) }
    try writer.append(
      step: StepRow(
        step: stepNumber, loss: value, accuracy: accuracy,
        learningRate: optimizers.first.map { Double($0.learningRate) }, seconds: clock() - started),
      layers: met.compactMap { $0.findings.row.isEmpty ? nil : $0.findings.row })
    for layer in met { try layer.findings.write(step: stepNumber, site: layer.index, to: writer) }
    try modelFindings.write(step: stepNumber, site: nil, to: writer)
    lastLoss = value
    stepNumber += 1
    if hasOtherParts { detach() }
    begin()
  }

  /// Ends the recording and opens what was written. The model is left without the recorder's hooks.
  public func finish(meta: [String: String] = [:]) throws -> Run {
    detach()
    for handle in standingHandles { handle.remove() }
    if stepNumber == 0 { notices.noSteps() }
    if let quiet {
      let report = FinalReport(quiet: quiet, layers: sites.layers, writer: writer)
      defer { quiet.putBack() }
      try withoutGradients { for index in plans.indices { try plans[index].probe.finish(report) } }
    }
    return try writer.finish(meta: meta)
  }

  deinit {
    here.recorder = nil
    detach()
    for handle in standingHandles { handle.remove() }
  }

  // MARK: Steps

  /// Decides what is recorded of the step that begins, and hooks in only if anything is.
  private func begin() {
    needs = []
    for (includes, members) in schedules {
      let isIncluded = includes(stepNumber, lastLoss)
      for index in members {
        isActive[index] = isIncluded
        if isIncluded { needs.formUnion(plans[index].probe.needs) }
      }
    }
    lastOutput = nil
    seen = (false, false, false)
    (skip, nonfiniteGradient) = (nil, nil)
    inputs = []
    if !before.isEmpty { before.removeAll(keepingCapacity: true) }
    if isActive.contains(true) { attach() } else { detach() }
  }

  private func closeProbes(
    loss: Double, _ losses: [Double], _ met: [ProbedLayer], _ again: (() -> Tensor)?
  ) throws {
    defer { if !needs.isDisjoint(with: [.inputs, .samples]) { for layer in sites.layers { layer.clear() } } }
    guard let quiet else { return }
    if needs.contains(.lossAgain), again == nil { notices.noLossAgain() }
    let count = inputs.first?.shape.first ?? (losses.isEmpty ? nil : losses.count)
    let found =
      needs.contains(.samples) && skippedAt == nil
      ? withoutGradients { sampleTable.gradients(of: met, samples: count) } : nil
    for (reason, text) in found?.missing ?? [:] { notices.once(text, about: reason) }
    let samples = found?.samples
    var step = ProbedStep(
      number: stepNumber, loss: loss, losses: losses, quiet: quiet, optimizers: optimizers, layers: met,
      input: inputs.count == 1 && !outputsAreSeveral ? inputs[0] : nil, samples: samples,
      again: again.map { compute in { quiet.lossAgain(compute) } },
      tell: { [notices] text in notices.once(text) })
    let outer = isAttached
    isAttached = false
    defer {
      isAttached = outer
      quiet.putBack()
    }
    for index in plans.indices where isActive[index] && !isTaken(index) {
      if filters[index] != nil || hasTwins {
        step.layers = met.filter { $0.probes.contains(index) && !isTaken(index, at: $0) }
        step.samples = samples?.among(Set(step.layers.map(\.index)))
      }
      defer { (step.layers, step.samples) = (met, samples) }
      try withPrecision(.float32) {
        try withGradients { try plans[index].probe.look(at: step, &modelFindings) }
      }
    }
  }

  /// Says once, in words, what should have come before `step(loss:)` and has not.
  private func noteWhatIsMissing() {
    guard let model else { return }
    if skippedAt == nil || !seen.backward { notices.missing(seen, step: stepNumber) }
    if let called, seen.forward {
      notices.omissions(
        of: model, called: called, in: sites, step: stepNumber, isWatched: { !probes($0).isEmpty },
        hasNorms: { $0.probes.contains { plans[$0].probe is WeightStatistics } })
    }
    called = nil
  }

  /// The scale of the loss at which the step was skipped, unless it was taken afterwards.
  private var skippedAt: Float? { skip.flatMap { $0.optimizer.stepCount == $0.count ? $0.scale : nil } }

  /// Keeps what the model is called with, in passes that can be differentiated.
  private func watchInputs(of model: Module) {
    standingHandles += [
      model.observeInputs { [unowned self] site, input in
        guard isAttached, tapeIsOn || isInCheckpoint, !needs.isDisjoint(with: [.inputs, .samples]) else { return nil }
        if site.tensorIndex == 0 { (inputs, outputsAreSeveral) = ([], false) }
        quiet?.isCalledWithList = site.isInList
        inputs.append(input.detached())
        return nil
      },
      model.observeOutputs { [unowned self] site, _ in if site.tensorIndex > 0 { outputsAreSeveral = true } },
    ]
  }

  private func attach() {
    guard !isAttached else { return }
    isAttached = true
    if let watched { notices.replaced(watched.attach(), step: stepNumber) }
    for optimizer in optimizers {
      handles.append(optimizer.observe { [unowned self] parameter, norms in note(norms, of: parameter) })
    }
  }

  /// Whether other modules are in the places of watched ones, which shows when a layer of the step before is not met at this one.
  private func partsWereReplaced(met: Int) -> Bool {
    defer { lastRecordedStep = stepNumber }
    guard let watched, met < sites.layers.count else { return false }
    guard watched.isUnsure || sites.layers.contains(where: { $0.lastStep == lastRecordedStep }) else { return false }
    return watched.hasOtherParts()
  }

  private func detach() {
    guard isAttached else { return }
    isAttached = false
    watched?.detach()
    for handle in handles { handle.remove() }
    handles = []
  }

  /// Whether a probe that is due leaves a layer, or the step where none is given, to an earlier one of its name.
  private func isTaken(_ index: Int, at layer: ProbedLayer? = nil) -> Bool {
    twins[index].contains { twin in
      isActive[twin]
        && (layer?.probes.contains(twin) ?? [nil, plans[index].pattern].contains(plans[twin].pattern))
    }
  }

  // MARK: What the hooks see

  /// Takes in what a call of a module has put out.
  func note(output: Tensor, of input: Tensor, callIndex: Int, of watched: WatchedModule) {
    guard isAttached, output.isOnTape || isInCheckpoint else { return }
    if called != nil { called!.insert(ObjectIdentifier(watched.module)) }
    // A container's output is often its last child's: the same tensor is the same site.
    guard output !== lastOutput else { return }
    lastOutput = output
    if let known = watched.calls[callIndex] { return note(output: output, input, at: known) }
    let layer = sites.add(
      watched.module, callIndex: callIndex, path: watched.path, shape: output.shape, probes: watched.probes)
    watched.calls[callIndex] = layer
    note(output: output, input, at: layer)
  }

  private func note(output: Tensor, _ input: Tensor?, at layer: ProbedLayer) {
    if layer.lastStep != stepNumber {
      layer.lastStep = stepNumber
      layer.findings.begin(stepNumber)
      layer.passes = 0
    }
    layer.passes += 1
    seen.forward = true
    let isSampled = needs.contains(.samples) && layer.hasParameters
    if isSampled { layer.gradient = nil }
    if isSampled || needs.contains(.inputs) { layer.input = input?.detached() }
    if needs.contains(.parametersBefore), before.isEmpty {
      for optimizer in optimizers {
        for parameter in optimizer.parameters { before[ObjectIdentifier(parameter)] = parameter.value.detached() }
      }
    }
    withoutTape {
      for index in layer.probes where isActive[index] && !(hasTwins && isTaken(index, at: layer)) {
        plans[index].probe.look(atOutput: output, of: layer, &layer.findings)
      }
    }
    if let count = layer.findings.row[.nonfiniteCount], count != 0 {
      notices.nonfinite("an activation is not finite", at: layer, step: stepNumber)
    }
  }

  func note(gradient: Tensor, at layer: ProbedLayer) {
    guard isAttached, layer.lastStep == stepNumber else { return }
    seen.backward = true
    if needs.contains(.samples), layer.hasParameters {
      let arrived = gradient.detached()
      layer.gradient = layer.gradient.map { sum in withoutGradients { sum + arrived } } ?? arrived
    }
    withoutTape {
      for index in layer.probes where isActive[index] && !(hasTwins && isTaken(index, at: layer)) {
        plans[index].probe.look(atGradient: gradient, of: layer, &layer.findings)
      }
    }
    if let count = layer.findings.row[.gradientNonfiniteCount], count != 0 {
      nonfiniteGradient = nonfiniteGradient ?? layer
    }
  }

  private func note(_ norms: StepNorms, of parameter: Parameter) {
    guard isAttached, let (layer, name) = sites.owner(of: parameter), let gradient = parameter.gradient else { return }
    guard layer.lastStep == stepNumber else { return }
    seen.update = true
    if needs.contains(.samples) {
      if norms.update == 0 { layer.isFrozen = true }
      if name == "weight" { (layer.weightGradient, layer.gradientSquares.weight) = (gradient, norms.gradient) }
      if name == "bias" { (layer.biasGradient, layer.gradientSquares.bias) = (gradient, norms.gradient) }
    }
    let change = ParameterChange(
      name: name, parameter: parameter, gradient: gradient,
      before: before.isEmpty ? nil : before[ObjectIdentifier(parameter)], norms: norms)
    withoutTape {
      for index in layer.probes where isActive[index] && !(hasTwins && isTaken(index, at: layer)) {
        plans[index].probe.look(at: change, of: layer, &layer.findings)
      }
    }
  }
}
