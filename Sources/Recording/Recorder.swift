import Autodiff
import CKernels
import Foundation
import NeuralNetworks
import RunFile

/// Watches a training loop, and writes what its probes find into a run file: by default of every module's output, the gradient
/// that comes back to it, and what the optimizer does to its weight, at every step.
///
/// Call `step(loss:)` once after each `optimizer.step()`, and `finish()` at the end. Only passes that can be differentiated
/// count, so evaluating inside `withoutGradients { }` leaves no trace; of several passes before one step the last counts.
/// A recorder looks and never touches: losses are bit-identical to those without it.
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
  /// The schedules of the plans, each with those that share it, so that it is asked once a step.
  private let schedules: [(includes: RecordingSchedule.Choice, plans: [Int])]
  /// The probes that look at the step that is under way, and what they need.
  @exclusivity(unchecked) private var isActive: [Bool]
  @exclusivity(unchecked) private var needs: ProbeNeeds = []

  @exclusivity(unchecked) private var sites = SiteTable()
  @exclusivity(unchecked) private var sampleTable = SampleTable()
  @exclusivity(unchecked) private var modelFindings = Findings(site: -1)
  @exclusivity(unchecked) private var stepNumber = 0
  @exclusivity(unchecked) private var lastOutput: Tensor?
  @exclusivity(unchecked) private var before: [ObjectIdentifier: Tensor] = [:]
  /// What the model itself was last called with.
  @exclusivity(unchecked) private var inputs: [Tensor] = []
  /// Whether it put out several tensors then, as only a model does that is called with a list.
  @exclusivity(unchecked) private var inputsAreList = false
  private var inputHandles: [HookHandle] = []
  /// The modules that have been called, until the first recorded step is over.
  @exclusivity(unchecked) private var called: Set<ObjectIdentifier>? = []
  private var lastLoss: Double?
  private var handles: [HookHandle] = []
  private var isAttached = false
  private let here = Presence()
  /// Whether the step that is under way has had a forward pass, a backward pass and an optimizer's step.
  @exclusivity(unchecked) private var seen: (forward: Bool, backward: Bool, update: Bool) = (false, false, false)

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
      for pattern in probes.plans.compactMap(\.pattern) { try model.requireModule(fitting: pattern) }
    }
    writer = try RunWriter(path: path, meta: meta)
    self.model = model
    self.optimizers = optimizers
    notices = Notices(writer, tell: notice)
    self.clock = clock
    started = clock()
    plans = probes.plans
    filters = probes.plans.map { $0.pattern.map { PathPattern($0) } }
    isActive = plans.map { _ in false }
    let rules = Dictionary(grouping: probes.plans.indices) { ObjectIdentifier(probes.plans[$0].schedule.rule) }
    schedules = rules.values.sorted { $0[0] < $1[0] }.map { (probes.plans[$0[0]].schedule.rule.begin(), $0) }
    here.recorder = self
    if let model, plans.contains(where: { !$0.probe.needs.isDisjoint(with: [.inputs, .samples]) }) {
      watchInputs(of: model)
    }
    begin()
  }

  /// Shows the probes a tensor under a name, which becomes a site of its own, and the gradient with respect to it when there is
  /// one. Every call is of the step that is under way; of several under one name the last counts. A recorder with a model takes
  /// no notice inside `withoutGradients { }`.
  public func observe(_ name: String, _ tensor: Tensor) {
    guard isAttached, model == nil || tapeIsOn || isInCheckpoint else { return }
    let layer = sites.observed(name, shape: tensor.shape) { probes(for: name) }
    // What a checkpoint computes again has been seen, but only now is it on the tape.
    if !isRecomputing { note(output: tensor, nil, at: layer) }
    // A leaf, such as a parameter's, is there at every step, and keeps its hooks.
    guard let place = tensor.node, layer.observedPlace !== place else { return }
    layer.observedPlace = place
    tensor.addGradientHook { [here, weak place] gradient in
      if let recorder = here.recorder, layer.observedPlace === place { recorder.note(gradient: gradient, at: layer) }
      return nil
    }
  }

  /// Ends a step: everything since the last one becomes its rows. `loss` is a number, or those of a batch's samples, whose mean is
  /// recorded. `again`, which computes the same loss again, is for probes that look at its curvature. Throws if the run file can
  /// no longer be written; what was recorded before is kept.
  public func step(loss: Tensor, accuracy: Double? = nil, again: (() -> Tensor)? = nil) throws {
    let losses = loss.elementCount > 1 ? loss.values.map(Double.init) : []
    let value = losses.isEmpty ? Double(loss.value) : losses.reduce(0, +) / Double(losses.count)
    if !value.isFinite { notices.nonfinite("the loss is \(value)", at: nil, step: stepNumber) }
    if isAttached {
      noteWhatIsMissing()
      try closeProbes(loss: value, losses, again)
    }
    if let new = sites.takeNew() { try writer.define(sites: new) }
    let met = isAttached ? sites.layers.filter { $0.lastStep == stepNumber } : []
    try writer.append(
      step: StepRow(
        step: stepNumber, loss: value, accuracy: accuracy,
        learningRate: optimizers.first.map { Double($0.learningRate) }, seconds: clock() - started),
      layers: met.compactMap { $0.findings.row.isEmpty ? nil : $0.findings.row })
    for layer in met { try layer.findings.write(step: stepNumber, site: layer.index, to: writer) }
    try modelFindings.write(step: stepNumber, site: nil, to: writer)
    lastLoss = value
    stepNumber += 1
    begin()
  }

  /// Ends the recording and opens what was written. The model is left without the recorder's hooks.
  public func finish(meta: [String: String] = [:]) throws -> Run {
    detach()
    for handle in inputHandles { handle.remove() }
    if let model {
      let report = FinalReport(model: model, layers: sites.layers, writer: writer)
      try withoutGradients { for index in plans.indices { try plans[index].probe.finish(report) } }
    }
    return try writer.finish(meta: meta)
  }

  deinit {
    here.recorder = nil
    detach()
    for handle in inputHandles { handle.remove() }
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
    inputs = []
    if !before.isEmpty { before.removeAll(keepingCapacity: true) }
    if isActive.contains(true) { attach() } else { detach() }
  }

  private func closeProbes(loss: Double, _ losses: [Double], _ again: (() -> Tensor)?) throws {
    defer { if !needs.isDisjoint(with: [.inputs, .samples]) { for layer in sites.layers { layer.clear() } } }
    guard let model else { return }
    if needs.contains(.lossAgain), again == nil {
      notices.once(
        "a probe of the loss's curvature has nothing to compute it from; give recorder.step(loss:again:) a closure that "
          + "computes the loss again")
    }
    let met = sites.layers.filter { $0.lastStep == stepNumber }
    let count = inputs.first?.shape.first ?? (losses.isEmpty ? nil : losses.count)
    let found = needs.contains(.samples) ? withoutGradients { sampleTable.gradients(of: met, samples: count) } : nil
    for (reason, text) in found?.missing ?? [:] { notices.once(text, about: reason) }
    let samples = found?.samples
    var step = ProbedStep(
      number: stepNumber, loss: loss, losses: losses, model: model, optimizers: optimizers, layers: met,
      input: inputs.count == 1 && !inputsAreList ? inputs[0] : nil, samples: samples,
      again: again.map { compute in { model.withStateKept { mean(compute()) } } },
      tell: { [notices] text in notices.once(text) })
    let outer = isAttached
    isAttached = false
    defer { isAttached = outer }
    for index in plans.indices where isActive[index] {
      if filters[index] != nil {
        step.layers = met.filter { $0.probes.contains(index) }
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
    guard model != nil else { return }
    if !seen.forward {
      notices.once(
        "no call of the model that can be differentiated came before recorder.step() in step \(stepNumber), so its layers "
          + "are not recorded")
    } else if !seen.backward {
      notices.once(
        "no gradient reached the model before recorder.step() in step \(stepNumber), so gradients are not recorded; call "
          + "loss.backward() before")
    } else if !seen.update {
      notices.once(
        "optimizer.step() did not come between backward() and recorder.step() in step \(stepNumber), so weights and updates "
          + "are not recorded; call it before")
    }
    if let called, seen.forward {
      noteUncalled(called)
      noteUnrecordedParameters(called)
    }
    called = nil
  }

  /// Names the layers with parameters that took no part in the first recorded step.
  private func noteUncalled(_ called: Set<ObjectIdentifier>) {
    let uncalled = model!.modules.filter { path, module in
      !module.ownParameters.isEmpty && !called.contains(ObjectIdentifier(module)) && !probes(for: path).isEmpty
    }.map(\.path)
    notices.uncalled(uncalled, step: stepNumber)
  }

  /// Names the parameters of called modules of which nothing is recorded.
  private func noteUnrecordedParameters(_ called: Set<ObjectIdentifier>) {
    let places = model!.parameters
    let present = Set(
      model!.modules.filter { path, module in
        called.contains(ObjectIdentifier(module)) && !probes(for: path).isEmpty
      }.flatMap { $0.module.ownParameters.map { ObjectIdentifier($0.parameter) } })
    let withoutSite = places.filter { _, parameter in
      present.contains(ObjectIdentifier(parameter)) && sites.owner(of: parameter) == nil
    }.map(\.path)
    let withoutNorms = places.filter { _, parameter in
      // Vectors and scalars are no layer's weight.
      guard let (layer, name) = sites.owner(of: parameter), parameter.shape.count > 1, name != layer.weightName else {
        return false
      }
      return layer.probes.contains { plans[$0].probe is WeightStatistics }
    }.map(\.path)
    notices.withoutSite(withoutSite)
    notices.withoutNorms(withoutNorms)
  }

  /// Keeps what the model is called with, in passes that can be differentiated.
  private func watchInputs(of model: Module) {
    inputHandles = [
      model.watchInputs { [unowned self] site, input in
        guard isAttached, tapeIsOn || isInCheckpoint, !needs.isDisjoint(with: [.inputs, .samples]) else { return }
        if site.tensorIndex == 0 { (inputs, inputsAreList) = ([], false) }
        inputs.append(input.detached())
      },
      model.watch(
        as: "", forward: { [unowned self] site, _, _ in if site.tensorIndex > 0 { inputsAreList = true } },
        backward: { _, _ in }),
    ]
  }

  private func attach() {
    guard !isAttached else { return }
    isAttached = true
    guard let model else { return }
    for (path, module) in model.modules {
      let probes = probes(for: path)
      guard !probes.isEmpty else { continue }
      // The module's calls, so that the table is asked once for each and not at every step.
      var calls = Dictionary(
        uniqueKeysWithValues: sites.layers.filter { $0.module === module }.map { ($0.callIndex, $0) })
      handles.append(
        module.watch(
          as: path,
          forward: { [unowned self] site, input, output in
            guard isAttached, output.isOnTape || isInCheckpoint else { return }
            if called != nil { called!.insert(ObjectIdentifier(module)) }
            // A container's output is often its last child's: the same tensor is the same site.
            guard output !== lastOutput else { return }
            lastOutput = output
            // Calls that are off the tape have numbers too, so those on it need not begin at 0.
            if let known = calls[site.callIndex] { return note(output: output, input, at: known) }
            let layer = sites.add(
              module, callIndex: site.callIndex, path: site.path, shape: output.shape, probes: probes)
            calls[site.callIndex] = layer
            note(output: output, input, at: layer)
          },
          backward: { [here] site, gradient in
            if let recorder = here.recorder, let layer = calls[site.callIndex] {
              recorder.note(gradient: gradient, at: layer)
            }
          }))
    }
    for optimizer in optimizers {
      handles.append(optimizer.observe { [unowned self] parameter, norms in note(norms, of: parameter) })
    }
  }

  private func detach() {
    guard isAttached else { return }
    isAttached = false
    for handle in handles { handle.remove() }
    handles = []
  }

  /// The probes that look at a path.
  private func probes(for path: String) -> [Int] { plans.indices.filter { filters[$0]?.matches(path) ?? true } }

  // MARK: What the hooks see

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
    apart {
      for index in layer.probes where isActive[index] {
        plans[index].probe.look(atOutput: output, of: layer, &layer.findings)
      }
    }
    if let count = layer.findings.row[.nonfiniteCount], count != 0 {
      notices.nonfinite("an activation is not finite", at: layer, step: stepNumber)
    }
  }

  private func note(gradient: Tensor, at layer: ProbedLayer) {
    guard isAttached, layer.lastStep == stepNumber else { return }
    seen.backward = true
    if needs.contains(.samples), layer.hasParameters {
      let arrived = gradient.detached()
      layer.gradient = layer.gradient.map { sum in withoutGradients { sum + arrived } } ?? arrived
    }
    apart {
      for index in layer.probes where isActive[index] {
        plans[index].probe.look(atGradient: gradient, of: layer, &layer.findings)
      }
    }
    if let count = layer.findings.row[.gradientNonfiniteCount], count != 0 {
      notices.nonfinite("a gradient is not finite", at: layer, step: stepNumber)
    }
  }

  private func note(_ norms: step_norms, of parameter: Parameter) {
    guard isAttached, let (layer, name) = sites.owner(of: parameter), let gradient = parameter.gradient else { return }
    guard layer.lastStep == stepNumber else { return }
    seen.update = true
    if needs.contains(.samples) {
      if norms.update == 0 { layer.isFrozen = true }
      if name == "weight" { layer.weightGradient = gradient }
      if name == "bias" { layer.biasGradient = gradient }
    }
    let change = ParameterChange(
      name: name, parameter: parameter, gradient: gradient, before: before[ObjectIdentifier(parameter)], norms: norms)
    apart {
      for index in layer.probes where isActive[index] {
        plans[index].probe.look(at: change, of: layer, &layer.findings)
      }
    }
  }

  /// Runs what probes do outside of the tape and of any reduced precision.
  @inline(__always)
  private func apart(_ body: () -> Void) { withoutGradients { withPrecision(.float32, body) } }
}

/// A loss, or the mean of several.
private func mean(_ losses: Tensor) -> Tensor { losses.elementCount == 1 ? losses : losses.mean() }
