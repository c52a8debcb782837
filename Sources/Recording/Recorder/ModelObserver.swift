import Autodiff
import NeuralNetworks
import RunFile

/// Observes a model and its optimizers through hooks, which are there only at recorded steps, and passes what it sees to the probes.
final class ModelObserver {
  let model: Module?
  let optimizers: [Optimizer]
  private let probes: ProbeRunner
  private let step: StepAssembly
  /// The observer as hooks on the tape know it.
  private let reference = WeakRecorder()
  private let watched: WatchedModel?
  /// The model for probes to call.
  let unhooked: UnhookedModel?
  /// Hooks that are there at all steps, and those of the current one.
  private var standingHandles: [HookHandle] = []
  private var handles: [HookHandle] = []
  @exclusivity(unchecked) private(set) var isAttached = false

  @exclusivity(unchecked) private var lastOutput: Tensor?
  @exclusivity(unchecked) private var before: [ObjectIdentifier: Tensor] = [:]
  /// What the model itself was last called with, and whether it had several outputs then.
  @exclusivity(unchecked) private(set) var inputs: [Tensor] = []
  @exclusivity(unchecked) private(set) var outputsAreSeveral = false
  /// The modules that have been called, until the first recorded step is over.
  @exclusivity(unchecked) private var called: Set<ObjectIdentifier>? = []
  /// The last step of which layers were recorded.
  private var lastRecordedStep = -2

  init(_ model: Module?, _ optimizers: [Optimizer], _ probes: ProbeRunner, _ step: StepAssembly) {
    (self.model, self.optimizers, self.probes, self.step) = (model, optimizers, probes, step)
    watched = model.map { [reference] in WatchedModel($0, probes.probes(at:), reference) }
    unhooked = model.map { UnhookedModel($0, step.warnings) }
    reference.observer = self
    if let model, probes.needsInputs { observeInputs(of: model) }
    standingHandles += optimizers.map { optimizer in
      optimizer.observeSkips { [step, unowned optimizer] scale in step.wasSkipped(optimizer, atScale: scale) }
    }
  }

  /// Begins a step, at which hooks are needed or not.
  func begin(isRecorded: Bool) {
    lastOutput = nil
    inputs = []
    if !before.isEmpty { before.removeAll(keepingCapacity: true) }
    if isRecorded { attach() } else { detach() }
  }

  /// Removes all hooks for good.
  func end() {
    reference.observer = nil
    detach()
    for handle in standingHandles { handle.remove() }
    standingHandles = []
  }

  /// Runs `body` while nothing is observed, and gives the model its hooks back that probes have taken away.
  func whilePaused(_ body: () throws -> Void) rethrows {
    let outer = isAttached
    isAttached = false
    defer {
      isAttached = outer
      unhooked?.putBack()
    }
    try body()
  }

  // MARK: Hooks

  private func attach() {
    guard !isAttached else { return }
    isAttached = true
    if let watched {
      let replaced = watched.attach()
      if !replaced.isEmpty { step.parameters.addParameters() }
      step.warnings.replaced(replaced, step: step.number)
    }
    for optimizer in optimizers {
      handles.append(optimizer.observe { [unowned self] parameter, norms in observe(norms, of: parameter) })
    }
  }

  func detach() {
    guard isAttached else { return }
    isAttached = false
    watched?.detach()
    for handle in handles { handle.remove() }
    handles = []
  }

  /// Keeps what the model is called with, in passes that are on the tape.
  private func observeInputs(of model: Module) {
    standingHandles += [
      model.observeInputs { [unowned self] site, input in
        guard isAttached, tapeIsOn || isInCheckpoint, !probes.needs.isDisjoint(with: [.inputs, .samples]) else {
          return nil
        }
        if site.tensorIndex == 0 { (inputs, outputsAreSeveral) = ([], false) }
        unhooked?.isCalledWithList = site.isInList
        inputs.append(input.detached())
        return nil
      },
      model.observeOutputs { [unowned self] site, _ in if site.tensorIndex > 0 { outputsAreSeveral = true } },
    ]
  }

  /// Whether modules have been replaced, which shows when a layer of the step before is not called in this one.
  func modulesWereReplaced(called count: Int) -> Bool {
    defer { lastRecordedStep = step.number }
    guard let watched, count < step.sites.layers.count else { return false }
    guard watched.isUnsure || step.sites.layers.contains(where: { $0.lastStep == lastRecordedStep }) else {
      return false
    }
    return watched.hasOtherParts()
  }

  /// Warns, once, of what should have come before `step(loss:)` and has not, and of modules that were not called.
  func warnOfMissingParts() {
    guard let model else { return }
    if step.skippedAtScale == nil || !step.seen.backward { step.warnings.missing(step.seen, step: step.number) }
    if let called, step.seen.forward {
      step.warnings.uncalled(
        model.modules.filter { path, module in
          !probes.probes(at: path).isEmpty && !called.contains(ObjectIdentifier(module))
            && !module.ownParameters.isEmpty
        }.map(\.path), step: step.number)
    }
    called = nil
  }

  // MARK: What hooks see

  /// A tensor that the user shows under a name, and the gradient with respect to it when there is one.
  func observe(_ name: String, _ tensor: Tensor) {
    guard isAttached, model == nil || tapeIsOn || isInCheckpoint else { return }
    let layer = step.sites.observed(
      name, depth: model.map { $0.depth(of: tensor) }, shape: tensor.shape, probes: { probes.probes(at: name) })
    let isNew = layer.awaitGradient(of: tensor, in: step.number) { [reference, unowned layer] gradient, number in
      if let observer = reference.observer, observer.step.number == number { observer.observe(gradient: gradient, of: layer) }
    }
    // What a checkpoint computes again has been seen, but only now is it on the tape.
    if isNew, !isRecomputing { observe(output: tensor, input: nil, of: layer) }
  }

  /// An output of a call of a module.
  func observe(output: Tensor, input: Tensor, callIndex: Int, of watched: WatchedModule) {
    guard isAttached, output.isOnTape || isInCheckpoint else { return }
    if called != nil { called!.insert(ObjectIdentifier(watched.module)) }
    // A container's output is often its last child's: the same tensor is the same site.
    guard output !== lastOutput else { return }
    lastOutput = output
    if let layer = watched.calls[callIndex] { return observe(output: output, input: input, of: layer) }
    let layer = step.sites.add(
      watched.module, callIndex: callIndex, path: watched.path, depth: model!.depth(of: output), shape: output.shape,
      probes: watched.probes)
    watched.calls[callIndex] = layer
    observe(output: output, input: input, of: layer)
  }

  private func observe(output: Tensor, input: Tensor?, of layer: ProbedLayer) {
    layer.begin(step.number)
    layer.passes += 1
    step.seen.forward = true
    let needs = probes.needs, isSampled = needs.contains(.samples) && layer.hasParameters
    if isSampled { layer.gradient = nil }
    if isSampled || needs.contains(.inputs) { layer.input = input?.detached() }
    if needs.contains(.parametersBefore), before.isEmpty {
      for optimizer in optimizers {
        for parameter in optimizer.parameters { before[ObjectIdentifier(parameter)] = parameter.value.detached() }
      }
    }
    probes.observe(output: output, of: layer)
    step.check(activationsOf: layer)
  }

  /// dL/d(output) of a call.
  func observe(gradient: Tensor, of layer: ProbedLayer) {
    guard isAttached, layer.lastStep == step.number else { return }
    step.seen.backward = true
    if probes.needs.contains(.samples), layer.hasParameters {
      let arrived = gradient.detached()
      layer.gradient = layer.gradient.map { sum in withoutGradients { sum + arrived } } ?? arrived
    }
    probes.observe(gradient: gradient, of: layer)
    step.check(gradientsOf: layer)
  }

  /// What an optimizer has done to a parameter.
  private func observe(_ norms: StepNorms, of parameter: Parameter) {
    // A step before any forward pass belongs to the step before, which is over.
    guard isAttached, step.seen.forward, let row = step.parameters.row(of: parameter),
      let gradient = parameter.gradient
    else { return }
    step.seen.update = true
    let owner = step.sites.owner(of: parameter)
    let change = ParameterChange(
      name: owner?.name ?? "", parameter: parameter, gradient: gradient,
      before: before.isEmpty ? nil : before[ObjectIdentifier(parameter)], id: row.id, norms: norms)
    guard let (layer, name) = owner, layer.lastStep == step.number else {
      // Its module has no row in this step, but the parameter has.
      if parameter.shape.count > 1, probes.recordsWeights(probes.probes(at: row.holder)) {
        let weight = WeightStatistics.row(change, step: step.number)
        step.weights.removeAll { $0.parameter == weight.parameter }
        step.weights.append(weight)
      }
      return
    }
    if probes.needs.contains(.samples) {
      if norms.update == 0 { layer.isFrozen = true }
      if name == "weight" { (layer.weightGradient, layer.gradientSquares.weight) = (gradient, norms.gradient) }
      if name == "bias" { (layer.biasGradient, layer.gradientSquares.bias) = (gradient, norms.gradient) }
    }
    probes.observe(update: change, of: layer)
  }
}
