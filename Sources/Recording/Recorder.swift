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
  private var inputHandle: HookHandle?
  /// The modules that have been called, until the first recorded step is over.
  @exclusivity(unchecked) private var called: Set<ObjectIdentifier>? = []
  private var lastLoss: Double?
  private var handles: [HookHandle] = []
  private var isAttached = false
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
    if let model, plans.contains(where: { $0.probe.needs.contains(.inputs) }) { watchInputs(of: model) }
    begin()
  }

  /// Shows the probes a tensor under a name, which becomes a site of its own, and the gradient with respect to it when there is
  /// one. Every call is of the step that is under way; of several under one name the last counts.
  public func observe(_ name: String, _ tensor: Tensor) {
    guard isAttached else { return }
    let layer = sites.observed(name, shape: tensor.shape) { probes(for: name) }
    note(output: tensor, nil, at: layer)
    tensor.addGradientHook { [unowned self, stepNumber] gradient in
      if stepNumber == self.stepNumber { note(gradient: gradient, at: layer) }
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
    inputHandle?.remove()
    if let model {
      let report = FinalReport(model: model, layers: sites.layers, writer: writer)
      try withoutGradients { for index in plans.indices { try plans[index].probe.finish(report) } }
    }
    return try writer.finish(meta: meta)
  }

  deinit {
    detach()
    inputHandle?.remove()
  }

  // MARK: Steps

  /// Decides what is recorded of the step that begins, and hooks in only if anything is.
  private func begin() {
    needs = []
    for index in plans.indices {
      isActive[index] = plans[index].schedule.includes(stepNumber, lastLoss)
      if isActive[index] { needs.formUnion(plans[index].probe.needs) }
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
    let found = needs.contains(.samples) ? withoutGradients { sampleTable.gradients(of: met) } : nil
    for (reason, text) in found?.missing ?? [:] { notices.once(text, about: reason) }
    let samples = found?.samples
    var step = ProbedStep(
      number: stepNumber, loss: loss, losses: losses, model: model, optimizers: optimizers, layers: met,
      input: inputs.count == 1 ? inputs[0] : nil, samples: samples,
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
    if let called, seen.forward { noteUncalled(called) }
    called = nil
  }

  /// Names the layers with parameters that took no part in the first recorded step.
  private func noteUncalled(_ called: Set<ObjectIdentifier>) {
    let uncalled = model!.modules.filter { path, module in
      !module.ownParameters.isEmpty && !called.contains(ObjectIdentifier(module)) && !probes(for: path).isEmpty
    }.map { "“\($0.path)”" }
    guard !uncalled.isEmpty else { return }
    let places =
      uncalled.prefix(3).joined(separator: ", ") + (uncalled.count > 3 ? " and \(uncalled.count - 3) more" : "")
    notices.once(
      "\(places) \(uncalled.count == 1 ? "has" : "have") parameters but took no part in step \(stepNumber) as a module, so not "
        + "recorded: no forward calls it, part(x), or it is only called without gradients")
  }

  /// Keeps what the model is called with, in passes that can be differentiated.
  private func watchInputs(of model: Module) {
    inputHandle = model.watchInputs { [unowned self] site, input in
      guard isAttached, tapeIsOn || isInCheckpoint, needs.contains(.inputs) else { return }
      if site.tensorIndex == 0 { inputs = [] }
      inputs.append(input.detached())
    }
  }

  private func attach() {
    guard !isAttached else { return }
    isAttached = true
    guard let model else { return }
    for (path, module) in model.modules {
      let probes = probes(for: path)
      guard !probes.isEmpty else { continue }
      // The module's calls, so that the table is asked once for each and not at every step.
      var calls = sites.layers.filter { $0.module === module }
      handles.append(
        module.watch(
          as: path,
          forward: { [unowned self] site, input, output in
            if called != nil { called!.insert(ObjectIdentifier(module)) }
            guard isAttached, output.isOnTape || isInCheckpoint, output !== lastOutput else { return }
            // A container's output is often its last child's: the same tensor is the same site.
            lastOutput = output
            if site.callIndex >= calls.count {
              calls.append(
                sites.add(module, callIndex: site.callIndex, path: site.path, shape: output.shape, probes: probes))
            }
            note(output: output, input, at: calls[site.callIndex])
          },
          backward: { [unowned self] site, gradient in
            if site.callIndex < calls.count { note(gradient: gradient, at: calls[site.callIndex]) }
          }))
    }
    for optimizer in optimizers {
      optimizer.observers.append { [unowned self] parameter, norms in note(norms, of: parameter) }
    }
  }

  private func detach() {
    guard isAttached else { return }
    isAttached = false
    for handle in handles { handle.remove() }
    handles = []
    for optimizer in optimizers { optimizer.observers.removeAll() }
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
