import Autodiff

/// What changes parameters along their gradients.
///
/// `step()` applies the gradients and clears them; a parameter that no gradient has reached stays as it is. A rule of one's
/// own is a subclass that overrides `update(_:)`, and names what it keeps from step to step when it calls `super.init`:
///
///     final class SignDescent: Optimizer {
///       init(_ model: Module, learningRate: Float) {
///         super.init(model, learningRate: learningRate, states: ["mean"])
///       }
///
///       override func update(_ step: ParameterUpdate) {
///         let mean = step.state(0)
///         for i in step.weights.indices {
///           mean[i] = 0.9 * mean[i] + 0.1 * step.gradient[i]
///           step.weights[i] -= step.learningRate * (mean[i] > 0 ? 1 : -1)
///         }
///       }
///     }
open class Optimizer {
  /// The step's size, per update; each parameter's is this by its group's factor. A `schedule` sets it at every step.
  public var learningRate: Float

  /// What sets the learning rate at every step, as a factor on what it was when it was first given a schedule; nil, as at
  /// first, leaves it to you. It counts the optimizer's own steps from 0.
  public var schedule: Schedule? {
    didSet { if oldValue == nil { scheduledRate = learningRate } }
  }

  /// The parameters, in the model's order.
  public let parameters: [Parameter]

  /// How many steps have been taken.
  public package(set) final var stepCount = 0

  /// How often each parameter has been changed: less than `stepCount` where it was frozen or no gradient reached it.
  @exclusivity(unchecked) package final var updateCounts: [Int]

  /// The learning rate that a schedule's factor 1 stands for.
  package final var scheduledRate: Float
  @exclusivity(unchecked) private var observers: [(id: Int, hook: Observer)] = []
  private var skipObservers: [(id: Int, hook: (_ scale: Float) -> Void)] = []
  private var hooksBefore: [(id: Int, hook: (Optimizer) -> Void)] = []
  private var hooksAfter: [(id: Int, hook: (Optimizer) -> Void)] = []
  private var lastHookID = 0
  /// What looks after hooks until the first step that comes after they were attached.
  @exclusivity(unchecked) private var watches: [StepAudit] = []

  /// What is kept from step to step: for each parameter a tensor of its shape for each of `stateNames`.
  @exclusivity(unchecked) package final var states: [[Tensor]]
  package let stateNames: [String]
  /// The parameters' paths in the model.
  package let paths: [String]
  @exclusivity(unchecked) final var settings: [ParameterSettings]
  /// How often `group` has been called.
  package final var groupVersion = 0

  /// What one step did to a parameter: norms over all its elements, before the step and of what was really added.
  package typealias Observer = (_ parameter: Parameter, _ norms: StepNorms) -> Void

  /// An optimizer of all parameters of a model, whose rule keeps a number a weight for each of `states`, zeros at first.
  /// Stops if learning rate or weight decay is negative or not finite.
  public init(_ model: Module, learningRate: Float, weightDecay: Float = 0, states: [String] = []) {
    guard learningRate >= 0, learningRate.isFinite else {
      stop("Optimizer", "a learning rate of \(learningRate), it is 0 or more and finite")
    }
    self.learningRate = learningRate
    scheduledRate = learningRate
    let found = model.parameters
    parameters = found.map(\.parameter)
    paths = found.map(\.path)
    stateNames = states
    self.states = found.map { _, parameter in states.map { _ in Tensor(repeating: 0, shape: parameter.shape) } }
    settings = found.map { _ in ParameterSettings(weightDecay: checked(weightDecay: weightDecay)) }
    updateCounts = found.map { _ in 0 }
  }

  /// Calls `hook` at the beginning of every step, when gradients are complete, and not scaled by a `LossScaler`; it may set
  /// other gradients, and the learning rate where no schedule does. If gradients come but no step, standard error says so once.
  @discardableResult
  public final func beforeStep(_ hook: @escaping (Optimizer) -> Void) -> HookHandle {
    attach(hook, \.hooksBefore, "beforeStep hook")
  }

  /// Calls `hook` at the end of every step, when parameters are changed and gradients are cleared. If gradients come but no step,
  /// standard error says so once.
  @discardableResult
  public final func afterStep(_ hook: @escaping (Optimizer) -> Void) -> HookHandle {
    attach(hook, \.hooksAfter, "afterStep hook")
  }

  /// Calls `observer` after each change of a parameter, with what was done.
  package final func observe(_ observer: @escaping Observer) -> HookHandle { attach(observer, \.observers) }

  /// Calls `observer` after each step that a `LossScaler` has skipped, with the scale at which gradients were not finite.
  package final func observeSkips(_ observer: @escaping (_ scale: Float) -> Void) -> HookHandle {
    attach(observer, \.skipObservers)
  }

  /// Attaches a hook, which is looked after if there is a word for what it is.
  private func attach<Hook>(
    _ hook: Hook, _ list: ReferenceWritableKeyPath<Optimizer, [(id: Int, hook: Hook)]>, _ what: String? = nil
  ) -> HookHandle {
    lastHookID += 1
    let id = lastHookID
    self[keyPath: list].append((id, hook))
    let watch = what.map { StepAudit($0, of: self) }
    if let watch { watches.append(watch) }
    return HookHandle { [self] in
      self[keyPath: list].removeAll { $0.id == id }
      watch?.ends()
      watches.removeAll { $0 === watch }
    }
  }

  deinit { for watch in watches { watch.ends() } }

  /// Changes every parameter by its gradient and clears the gradient.
  public final func step() {
    if !watches.isEmpty { stepHasCome() }
    for (_, hook) in hooksBefore { hook(self) }
    defer { for (_, hook) in hooksAfter { hook(self) } }
    if let schedule { learningRate = Float(Double(scheduledRate) * schedule(stepCount)) }
    stepCount += 1
    for index in parameters.indices {
      let parameter = parameters[index]
      guard let gradient = parameter.gradient else { continue }
      if observers.isEmpty {
        change(parameter, index, by: gradient, measuring: nil)
      } else {
        var norms = StepNorms()
        change(parameter, index, by: gradient, measuring: &norms)
        for (_, observer) in observers { observer(parameter, norms) }
      }
      parameter.gradient = nil
    }
  }

  private func stepHasCome() {
    for watch in watches { watch.leave() }
    watches = []
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
    parameter.update { weights in
      update(
        ParameterUpdate(
          weights: UnsafeMutableBufferPointer(start: weights, count: count),
          gradient: UnsafeBufferPointer(start: gradient.elements, count: count), step: updateCounts[index],
          learningRate: learningRate * settings.learningRateFactor, weightDecay: settings.weightDecay,
          states: states[index]),
        measuring: norms)
    }
  }

  /// Clears the gradients, which are not finite at this scale of the loss, in place of a step.
  final func skipStep(atScale scale: Float) {
    clearGradients()
    for watch in watches { watch.stepWasSkipped() }
    for (_, observer) in skipObservers { observer(scale) }
  }

  /// Clears the gradients without a step.
  public final func clearGradients() { for parameter in parameters { parameter.gradient = nil } }

  /// The rule: changes one parameter's weights by its gradient. Called at each step for each parameter that has a gradient
  /// and is not frozen. To be overridden.
  open func update(_ step: ParameterUpdate) { stop("\(type(of: self))", "it has no rule; override update(_:)") }

  /// As `update(_:)`, and measures the step where `norms` is not nil. Rules that have a kernel do both in one pass.
  package func update(_ step: ParameterUpdate, measuring norms: UnsafeMutablePointer<StepNorms>?) {
    guard let norms else { return update(step) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: step.weights.count) { before in
      _ = before.initialize(from: step.weights)
      update(step)
      norms.pointee = OptimizerKernels.measure(
        from: before.baseAddress!, to: step.weights.baseAddress!, step.gradient.baseAddress!, count: before.count)
    }
  }
}

/// One parameter's part of an optimizer's step.
public struct ParameterUpdate {
  /// The weights in row-major order, to be changed in place.
  public let weights: UnsafeMutableBufferPointer<Float>
  /// The gradient, as many elements.
  public let gradient: UnsafeBufferPointer<Float>
  /// Which change of this parameter it is, from 1.
  public let step: Int
  /// The step's size for this parameter.
  public let learningRate: Float
  /// The weight decay for this parameter.
  public let weightDecay: Float
  let states: [Tensor]

  /// What the optimizer keeps of this parameter under the name at `index` of its `states`: as many elements as weights.
  public func state(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: pointer(index), count: weights.count)
  }

  // The same as the kernels take them.
  var w: UnsafeMutablePointer<Float> { weights.baseAddress! }
  var g: UnsafePointer<Float> { gradient.baseAddress! }
  var count: Int { weights.count }
  func pointer(_ index: Int) -> UnsafeMutablePointer<Float> { states[index].elements }
}
