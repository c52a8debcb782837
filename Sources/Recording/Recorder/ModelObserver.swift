import Autodiff
import NeuralNetworks
import RunFile

/// Observes a model and its optimizers through hooks, which exist only at recorded steps, and calls the probes.
final class ModelObserver {
  let model: Module?
  let optimizers: [Optimizer]
  private let probes: ProbeRunner
  private let step: StepAssembly
  /// The reference to this observer that hooks hold.
  private let reference = WeakRecorder()
  private let observed: ObservedModel?
  /// The model as probes call it.
  let unhooked: UnhookedModel?
  /// Hooks of all steps, and those of recorded steps.
  private var standingHandles: [HookHandle] = []
  private var handles: [HookHandle] = []
  @exclusivity(unchecked) private(set) var isAttached = false
  /// Whether the recording has ended.
  private(set) var hasEnded = false

  @exclusivity(unchecked) private var lastOutput: Tensor?
  @exclusivity(unchecked) private var before: [ObjectIdentifier: Tensor] = [:]
  /// The inputs of the model's last call, and whether that call had several outputs.
  @exclusivity(unchecked) private(set) var inputs: [Tensor] = []
  @exclusivity(unchecked) private(set) var outputsAreSeveral = false
  /// What is watched until the first recorded step is over.
  @exclusivity(unchecked) private var first: FirstStep? = FirstStep()
  /// What optimizers do in a step.
  private var updates: StepUpdates
  /// Sees losses and operations at recorded steps.
  private let watch: OperationWatch
  /// The last step of which layers were recorded.
  private var lastRecordedStep = -2

  init(_ model: Module?, _ optimizers: [Optimizer], _ probes: ProbeRunner, _ step: StepAssembly) {
    (self.model, self.optimizers, self.probes, self.step) = (model, optimizers, probes, step)
    updates = StepUpdates(optimizers)
    observed = model.map { [reference] in ObservedModel($0, probes.probes(at:), reference) }
    unhooked = model.map { UnhookedModel($0, step.warnings) }
    watch = OperationWatch(
      loss: { [reference] call in
        if let observer = reference.observer, observer.isAttached { observer.step.facts.see(call) }
      },
      singularity: { [reference] singularity in
        if let observer = reference.observer, observer.isAttached { observer.step.facts.see(singularity) }
      })
    watch.leaf = { [reference] leaf, operation in reference.observer?.see(leaf, usedBy: operation) }
    watch.pause = { [reference] in
      let wasAttached = reference.observer?.isAttached ?? false
      reference.observer?.isAttached = false
      return { reference.observer?.isAttached = wasAttached }
    }
    reference.observer = self
    if let model, probes.needsInputs { observeInputs(of: model) }
    standingHandles += optimizers.map { optimizer in
      optimizer.observeSkips { [step, unowned optimizer] scale in step.wasSkipped(optimizer, atScale: scale) }
    }
  }

  /// What it remembers between steps.
  func save() -> SavedState {
    var state = SavedState()
    state.numbers["last_recorded_step"] = [Double(lastRecordedStep)]
    state.numbers["called"] = first == nil ? [] : [0]
    updates.save(to: &state)
    state.numbers["absences"] = [Double(observed?.absences ?? 0)]
    state.numbers["last_steps"] = step.sites.layers.map { Double($0.lastStep) }
    return state
  }

  /// Takes over the layers and what `save` returned. Throws a `SavedStateError` if that is not what it can be.
  func restore(from state: SavedState) throws {
    for layer in step.sites.layers { observed?.restore(layer) }
    lastRecordedStep = Int(exactly: try state.numbers("last_recorded_step", 1)?[0] ?? -2) ?? -2
    // More absences than steps can't be.
    observed?.absences = min(try state.counts("absences").first ?? 0, step.number)
    if state.numbers["called"]?.isEmpty == true { (first, watch.leaf) = (nil, nil) }
    try updates.restore(from: state)
    let lastSteps = try state.numbers("last_steps", step.sites.layers.count) ?? []
    for (layer, step) in zip(step.sites.layers, lastSteps) { layer.lastStep = Int(exactly: step) ?? -1 }
  }

  /// Begins a step; hooks are needed if it is recorded.
  func begin(isRecorded: Bool) {
    lastOutput = nil
    inputs = []
    if isRecorded {
      step.facts.begin(step.number)
      updates.begin()
      if first != nil { first = FirstStep() }
    }
    if !before.isEmpty { before.removeAll(keepingCapacity: true) }
    if isRecorded { attach() } else { detach() }
  }

  /// Removes all hooks.
  func end() {
    hasEnded = true
    reference.observer = nil
    detach()
    for handle in standingHandles { handle.remove() }
    standingHandles = []
  }

  /// Runs `body` while nothing is observed, and restores the hooks that probes suspended.
  func whilePaused(_ body: () throws -> Void) rethrows {
    let outer = isAttached
    isAttached = false
    defer {
      isAttached = outer
      unhooked?.restoreHooks()
    }
    try body()
  }

  // MARK: Hooks

  private func attach() {
    guard !isAttached else { return }
    isAttached = true
    watch.begin()
    model?.depthOrigins += 1
    if let observed {
      let replaced = observed.attach()
      if !replaced.isEmpty { step.parameters.addParameters() }
      step.warnings.warnReplaced(replaced, step: step.number)
    }
    for (index, optimizer) in optimizers.enumerated() {
      handles.append(
        optimizer.observe { [unowned self] parameter, norms in
          observe(norms, of: parameter)
          if optimizers.count > 1 { updates.see(stepOf: index) }
        })
    }
  }

  func detach() {
    guard isAttached else { return }
    isAttached = false
    watch.end()
    model?.depthOrigins -= 1
    observed?.detach()
    for handle in handles { handle.remove() }
    handles = []
  }

  /// Keeps the model's inputs in passes that are on the tape.
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

  /// Whether modules were replaced. This is checked when a layer of the last recorded step is not called in this one.
  func modulesWereReplaced(called count: Int) -> Bool {
    defer { lastRecordedStep = step.number }
    guard let observed, count < step.sites.layers.count else { return false }
    guard observed.hasUncheckedAbsence || step.sites.layers.contains(where: { $0.lastStep == lastRecordedStep }) else {
      return false
    }
    return observed.wereModulesReplaced()
  }

  /// Warns of parts of a training step that are missing before `step(loss:)`, and after the first recorded step of modules and parameters
  /// that are not used as they should be.
  func warnOfMissingParts() {
    guard let model else { return }
    defer { (first, watch.leaf) = (nil, nil) }
    let absent = first.map { absentModules(of: model, $0) }
    if let absent { step.warnings.warnForwardByHand(absent.byHand, step: step.number) }
    if step.skippedAtScale == nil || !step.seen.backward {
      step.warnings.warnMissing(step.seen, step: step.number) {
        updates.reasonForNone(step.parameters.all, step: step.number)
      }
      if let warning = updates.end() { step.warnings.warnOnce(warning) }
      if let numbers = updates.takePassedThrough() { step.facts.see(passedThrough: numbers) }
    }
    guard let first, let absent else { return }
    if step.seen.forward || !first.offTape.isEmpty || !absent.byHand.isEmpty {
      step.facts.see(uncalled: absent.all, withoutTape: absent.offTape)
    }
    guard step.seen.forward else { return }
    step.warnings.warnUncalled(absent.unused, withoutTape: absent.offTape, step: step.number)
    step.warnings.warnOnlyParts(absent.onlyParts, step: step.number)
    warnOfOptimizers(first, absent: absent.all)
    // Another loss may be computed besides, from another model.
    let passes = Set(step.parameters.all.map(\.parameter.lastBackwardPass))
    step.warnings.warnStrangers(
      first.strangers.filter {
        step.parameters.row(of: $0.parameter) == nil && passes.contains($0.parameter.lastBackwardPass)
      })
  }

  /// The paths of modules that were not called on the tape in the first recorded step: all with parameters; those that were called off the
  /// tape, whose parameters have gradients all the same, and others; and modules without parameters inside of which modules were called.
  private func absentModules(of model: Module, _ first: FirstStep) -> (
    all: [String], offTape: [String], byHand: [String], unused: [String], onlyParts: [String]
  ) {
    let observed = model.modules.filter { !probes.probes(at: $0.path).isEmpty }
    let absent = observed.filter { !$0.module.ownParameters.isEmpty && !first.wasCalledOnTape($0.module) }
    let offTape = absent.filter { first.wasCalledOffTape($0.module) }
    let others = absent.filter { !first.wasCalledOffTape($0.module) }
    func isByHand(_ module: Module) -> Bool {
      module.ownParameters.contains { first.gradientReached($0.parameter) }
    }
    let onlyParts = observed.filter {
      !$0.path.isEmpty && $0.module.ownParameters.isEmpty && first.sawOnlyParts(of: $0.module)
    }
    return (
      absent.map(\.path), offTape.map(\.path), others.filter { isByHand($0.module) }.map(\.path),
      others.filter { !isByHand($0.module) }.map(\.path), onlyParts.map(\.path)
    )
  }

  /// Warns of parameters that get gradients but are in no optimizer, and of those in several.
  private func warnOfOptimizers(_ first: FirstStep, absent: [String]) {
    guard !optimizers.isEmpty else { return }
    let unheld = step.parameters.all.filter { _, parameter, isHeld in
      // Values that were loaded or assigned may be left as they are on purpose.
      !isHeld && parameter.optimizerCount == 0 && parameter.source == .initialized && first.gradientReached(parameter)
    }
    let isKnownToRules = unheld.allSatisfy { entry in
      step.parameters.row(of: entry.parameter).map { !absent.contains($0.holder) } ?? false
    }
    step.warnings.warnUnheld(unheld.map(\.path), isKnownToRules: isKnownToRules)
    step.warnings.warnShared(step.parameters.shared)
  }

  // MARK: Observations

  /// Sees a leaf that a gradient reaches, in the first recorded step: a parameter that is in no module of the model and in no optimizer. That of
  /// another model, which is trained by an optimizer of its own or was loaded, is meant to be there.
  private func see(_ leaf: Node, usedBy operation: String?) {
    guard isAttached, model != nil, first != nil, let parameter = Parameter.owner(of: leaf),
      step.parameters.row(of: parameter) == nil, parameter.source != .loaded, parameter.optimizerCount == 0
    else { return }
    first?.see(parameter, usedBy: operation)
  }

  /// Observes a tensor under a name, and the gradient with respect to it when it is computed.
  func observe(_ name: String, _ tensor: Tensor) {
    guard isAttached, model == nil || tapeIsOn || isInCheckpoint else { return }
    let layer = step.sites.observed(
      name, depth: model.map { _ in Int(tensor.layerDepth) }, shape: tensor.shape, probes: { probes.probes(at: name) })
    let isNew = layer.awaitGradient(of: tensor, in: step.number) { [reference, unowned layer] gradient, number in
      if let observer = reference.observer, observer.step.number == number {
        observer.observe(gradient: gradient, of: layer)
      }
    }
    // A checkpoint computes a tensor twice: its values are observed the first time, its gradient after the second.
    if isNew, !isRecomputing { observe(output: tensor, input: nil, of: layer) }
  }

  /// Observes an output of a call of a module.
  func observe(output: Tensor, input: Tensor, callIndex: Int, isLayer: Bool, of observed: ObservedModule) {
    guard isAttached, output.isOnTape || isInCheckpoint else {
      if isAttached { first?.see(call: observed.module, onTape: false) }
      return
    }
    first?.see(call: observed.module, onTape: true)
    // A container often returns its last child's output. The same tensor is the same site, unless the container is a layer, such as one
    // that holds a weight and ends with an activation.
    guard output !== lastOutput || isLayer else { return }
    lastOutput = output
    if let layer = observed.calls[callIndex] { return observe(output: output, input: input, of: layer) }
    let layer = step.sites.add(
      observed.module, callIndex: callIndex, path: observed.path, depth: Int(output.layerDepth), isLayer: isLayer,
      shape: output.shape, probes: observed.probes)
    observed.calls[callIndex] = layer
    step.facts.see(newSite: layer.index, output)
    observe(output: output, input: input, of: layer)
  }

  private func observe(output: Tensor, input: Tensor?, of layer: ProbedLayer) {
    layer.begin(step.number)
    layer.passes += 1
    if !step.seen.forward { step.facts.see { [step] in step.parameters.all.map { ($0.path, $0.parameter) } } }
    step.seen.forward = true
    if let input { step.facts.see(input: input, of: layer.module) }
    let needs = probes.needs, isSampled = needs.contains(.samples) && layer.hasParameters
    if isSampled { layer.gradient = nil }
    if isSampled || needs.contains(.inputs) { layer.input = input?.detached() }
    if needs.contains(.parametersBefore), before.isEmpty {
      for optimizer in optimizers {
        for parameter in optimizer.parameters {
          before[ObjectIdentifier(parameter)] = parameter.observedValue.detached()
        }
      }
    }
    probes.observe(output: output, of: layer)
    step.check(activationsOf: layer)
  }

  /// Observes dL/d(output) of a call.
  func observe(gradient: Tensor, of layer: ProbedLayer) {
    guard isAttached, layer.lastStep == step.number else { return }
    if !step.seen.backward { step.facts.seeGradientsLeft { step.parameters.all } }
    step.seen.backward = true
    if probes.needs.contains(.samples), layer.hasParameters {
      let arrived = gradient.detached()
      layer.gradient = layer.gradient.map { sum in withoutGradients { sum + arrived } } ?? arrived
    }
    probes.observe(gradient: gradient, of: layer)
    step.check(gradientsOf: layer)
  }

  /// Observes the change that an optimizer made to a parameter.
  private func observe(_ norms: StepNorms, of parameter: Parameter) {
    // A step before any forward pass belongs to the last step, which is already written.
    guard isAttached, step.seen.forward, let row = step.parameters.row(of: parameter),
      let gradient = parameter.gradient
    else { return }
    step.seen.update = true
    step.facts.see(changeOf: row.id, gradientNorm: norms.gradient)
    let owner = step.sites.owner(of: parameter)
    let change = ParameterChange(
      name: owner?.name ?? "", parameter: parameter, gradient: gradient,
      before: before.isEmpty ? nil : before[ObjectIdentifier(parameter)], id: row.id, norms: norms)
    guard let (layer, name) = owner, layer.lastStep == step.number else {
      // The module has no row in this step, but the parameter has one.
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
