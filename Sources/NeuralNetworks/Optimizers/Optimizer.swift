import Autodiff

/// The base class of optimizers: `step()` changes the parameters of a model by their gradients and clears the gradients.
///
/// A parameter without a gradient is left unchanged. An optimizer of your own is a subclass that overrides `update(_:)` with
/// tensor operations, and names the tensors that it keeps from step to step:
///
///     final class Momentum: Optimizer {
///       init(_ model: Module, learningRate: Float) {
///         super.init(model, learningRate: learningRate, states: ["velocity"])
///       }
///
///       override func update(_ step: ParameterUpdate) {
///         step.states[0] = 0.9 * step.states[0] + step.gradient
///         step.weight = step.weight - step.learningRate * step.states[0]
///       }
///     }
open class Optimizer {
  /// The learning rate; for one parameter it is multiplied by the factor of its group. Set by `schedule` at every step where
  /// there is one.
  public var learningRate: Float

  /// The schedule that sets the learning rate at the beginning of every step; nil, the default, for none.
  ///
  /// Its factors multiply the learning rate that the optimizer had when a schedule was first assigned. It counts the
  /// optimizer's own steps from 0.
  public var schedule: Schedule? {
    didSet { if oldValue == nil { scheduledRate = learningRate } }
  }

  /// The parameters in the model's order.
  @exclusivity(unchecked) public internal(set) final var parameters: [Parameter]

  /// The number of steps so far.
  public package(set) final var stepCount = 0

  /// The number of updates of each parameter: less than `stepCount` where it was frozen or had no gradient.
  @exclusivity(unchecked) package final var updateCounts: [Int]

  /// The scale of the loss at its last step that a `LossScaler` took or skipped; nil without one.
  package internal(set) final var lossScale: Float?

  /// The learning rate that a schedule's factors multiply.
  package final var scheduledRate: Float
  @exclusivity(unchecked) var updateObservers = LiveList<StepHook<UpdateObserver>>(where: \.isAttached)
  var skipObservers = LiveList<StepHook<(_ scale: Float) -> Void>>(where: \.isAttached)
  var hooksBefore = LiveList<StepHook<(Optimizer) -> Void>>(where: \.isAttached)
  var hooksAfter = LiveList<StepHook<(Optimizer) -> Void>>(where: \.isAttached)
  /// Audits of hooks that were attached since the last step.
  @exclusivity(unchecked) var audits = LiveList<StepAudit>(where: \.isAttached)

  /// For each parameter, a tensor of its shape for each of `stateNames`.
  @exclusivity(unchecked) package final var states: [[Tensor]]
  package let stateNames: [String]
  /// The parameters' paths in the model.
  package internal(set) final var paths: [String]
  /// The weight decay that it was made with.
  let initialWeightDecay: Float
  /// The norm to which all clipping of gradients to a norm clips; nil for the limit of each call.
  package final var clippingNorm: Double?
  @exclusivity(unchecked) final var settings: [ParameterSettings]
  /// How often gradients were clipped to a norm.
  package final var clipping = ClippingCount()
  /// How often `group` has been called.
  package final var groupVersion = 0

  /// An optimizer of all parameters of a model.
  ///
  /// For each name in `states` every parameter has a tensor of its shape, zeros at first, which `update(_:)` reads and replaces
  /// and which training states save. The weight decay is 0 by default. Stops the program if learning rate or weight decay is
  /// negative or not finite.
  public init(_ model: Module, learningRate: Float, weightDecay: Float = 0, states: [String] = []) {
    guard learningRate >= 0, learningRate.isFinite else {
      stop("Optimizer", "the learning rate is \(learningRate); it must be 0 or more and finite")
    }
    self.learningRate = learningRate
    scheduledRate = learningRate
    // Layers may have been replaced since the model was last read.
    model.refreshReflection()
    let found = model.parameters
    parameters = found.map(\.parameter)
    paths = found.map(\.path)
    stateNames = states
    self.states = found.map { _, parameter in states.map { _ in Tensor(repeating: 0, shape: parameter.shape) } }
    initialWeightDecay = checked(weightDecay: weightDecay)
    settings = found.map { _ in ParameterSettings(weightDecay: weightDecay) }
    updateCounts = found.map { _ in 0 }
    for parameter in parameters { parameter.optimizerCount += 1 }
  }

  deinit {
    for audit in audits.all { audit.end() }
    if stepsInBackward { for parameter in parameters { parameter.gradientHooks.gradientTaker = nil } }
    for parameter in parameters { parameter.optimizerCount -= 1 }
  }

  /// Whether parameters are changed in the backward pass.
  package internal(set) final var stepsInBackward = false

  /// Changes every parameter that has a gradient and is not frozen, and clears all gradients.
  public final func step() {
    guard !isAbandoned else { return }
    if !audits.isEmpty { stopAudits() }
    for hook in hooksBefore.all { hook.call(self) }
    defer { for hook in hooksAfter.all { hook.call(self) } }
    applySchedule()
    stepCount += 1
    for index in parameters.indices {
      let parameter = parameters[index]
      guard let gradient = parameter.gradient else { continue }
      change(parameter, index, by: gradient)
      parameter.gradient = nil
    }
  }

  /// Sets the learning rate of the step that comes next.
  final func applySchedule() {
    if let schedule { learningRate = Float(Double(scheduledRate) * schedule(stepCount)) }
  }

  /// Changes a parameter, unless it is frozen, and calls the observers of updates.
  final func change(_ parameter: Parameter, _ index: Int, by gradient: Tensor) {
    guard !updateObservers.isEmpty else { return change(parameter, index, by: gradient, measuring: nil) }
    var norms = StepNorms()
    change(parameter, index, by: gradient, measuring: &norms)
    for observer in updateObservers.all { observer.call(parameter, norms) }
  }

  private func stopAudits() {
    for audit in audits.all { audit.detach() }
    audits = LiveList(where: \.isAttached)
  }

  private func change(
    _ parameter: Parameter, _ index: Int, by gradient: Tensor, measuring norms: UnsafeMutablePointer<StepNorms>?
  ) {
    let count = gradient.elementCount, settings = settings[index]
    guard !settings.isFrozen else {
      if let norms {
        parameter.value.withValues { w in
          norms.pointee = OptimizerKernels.measure(
            from: w.baseAddress!, to: w.baseAddress!, gradient.elements, count: count)
        }
      }
      return
    }
    updateCounts[index] += 1
    let rate = learningRate * settings.learningRateFactor
    if isFused {
      parameter.update { weights in
        fusedUpdate(
          FusedUpdate(
            w: weights, g: gradient.elements, count: count, step: updateCounts[index], learningRate: rate,
            weightDecay: settings.weightDecay, states: states[index]),
          measuring: norms)
      }
      return
    }
    let before = parameter.value
    let step = ParameterUpdate(
      path: paths[index], weight: before.detached(), gradient: gradient, states: states[index],
      step: updateCounts[index], learningRate: rate, weightDecay: settings.weightDecay)
    withoutGradients { update(step) }
    let after = step.weight.castWithoutTape(to: .float32)
    if let norms {
      withExtendedLifetime((before, after)) {
        norms.pointee = OptimizerKernels.measure(
          from: before.elements, to: after.elements, gradient.elements, count: count)
      }
    }
    parameter.set(after, from: nil)
    states[index] = step.states.map { $0.castWithoutTape(to: .float32).offTape }
  }

  /// The update rule of one parameter; subclasses override it.
  ///
  /// Called in every step for each parameter that has a gradient and is not frozen, without recording a tape. It assigns
  /// `step.weight` and `step.states`. Stops the program if a subclass does not override it.
  open func update(_ step: ParameterUpdate) {
    stop("\(type(of: self))", "it has no update rule; override update(_:)")
  }

  /// Whether `fusedUpdate` replaces `update(_:)`.
  package var isFused: Bool { false }

  /// The update rule as one pass over memory, which also measures the step where `norms` is not nil.
  package func fusedUpdate(_ step: FusedUpdate, measuring norms: UnsafeMutablePointer<StepNorms>?) {}

  /// Clears the gradients, which are not finite at this scale of the loss, instead of a step.
  final func skipStep(atScale scale: Float) {
    lossScale = scale
    clearGradients()
    for audit in audits.all { audit.stepWasSkipped() }
    for observer in skipObservers.all { observer.call(scale) }
  }

  /// Clears the gradients of all parameters without a step.
  public final func clearGradients() { for parameter in parameters { parameter.gradient = nil } }
}
