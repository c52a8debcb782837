import Autodiff
import NeuralNetworks
import RunFile
import Support

/// Gathers facts about the training that diagnosis needs and probes don't record, from recorded steps: in all of them what is counted, and
/// at the steps of a `FactSchedule` what takes a pass over a tensor.
final class TrainingFacts {
  private let model: Module?
  private let optimizers: [Optimizer]
  private let writer: RunWriter
  private var schedule = FactSchedule()
  @exclusivity(unchecked) private(set) var isDue = true
  @exclusivity(unchecked) private var classes = ClassFacts()
  @exclusivity(unchecked) private var gradients = ParameterFacts()
  private var settings: OptimizerFacts
  private var scalars: OptimizerScalars
  /// Sum and number of the variances of targets.
  private var variances = (sum: 0.0, count: 0.0)
  /// Whether the first values of parameters were seen, and the origin of values that are not finite was written.
  @exclusivity(unchecked) private var hasFirstValues = false
  private var hasOrigin = false
  /// Whether a parameter's gradient is not finite in this step, and whether data were written of the first step with such a value.
  @exclusivity(unchecked) private var hasNonfiniteGradient = false
  private var hasNonfiniteData = false
  /// Calls of loss functions in this step, in all recorded steps, and the number of these.
  @exclusivity(unchecked) private var calls = (now: 0.0, all: 0.0, steps: 0.0)
  /// Whether modules were in evaluation mode when that was last written.
  private var wereEvaluated = false

  // Of the current step.
  @exclusivity(unchecked) private var input: (tensor: Tensor, isTokens: Bool)?
  @exclusivity(unchecked) private var call: LossCall?
  @exclusivity(unchecked) private var labels: [Int]?
  @exclusivity(unchecked) private var origin: Singularity?
  /// Facts of sites and parameters, written after the rows that define these.
  @exclusivity(unchecked) private var pending: [Fact] = []

  init(_ model: Module?, _ optimizers: [Optimizer], _ writer: RunWriter) {
    (self.model, self.optimizers, self.writer) = (model, optimizers, writer)
    settings = OptimizerFacts(optimizers)
    scalars = OptimizerScalars(optimizers)
  }

  /// Begins a step.
  func begin(_ step: Int) {
    isDue = schedule.isDue(at: step)
    forget()
  }

  /// Releases what belongs to one step.
  private func forget() {
    (input, call, labels, origin, calls.now, hasNonfiniteGradient) = (nil, nil, nil, nil, 0, false)
  }

  // MARK: Observations

  /// Sees the input of the first module that is called in a step.
  @inline(__always)
  func see(input tensor: Tensor, of module: Module) {
    if input == nil, tensor.layerDepth == 0 { input = (tensor.detached(), module is Embedding) }
  }

  /// Sees parameters before the first update.
  @inline(__always)
  func see(parameters: () -> [(path: String, parameter: Parameter)]) {
    guard !hasFirstValues else { return }
    hasFirstValues = true
    pending += ParameterFacts.first(of: parameters())
  }

  /// Sees the first output of a site.
  func see(newSite id: Int, _ output: Tensor) {
    if output.precision != .float32 {
      pending.append(Fact(subject: .site(id), name: .precision, value: .text(output.precision.name)))
    }
  }

  /// Sees gradients of earlier steps that no optimizer has cleared, when the first backward pass of a step begins.
  @inline(__always)
  func seeGradientsLeft(_ parameters: () -> [(path: String, parameter: Parameter, isHeld: Bool)]) {
    guard isDue, optimizers.contains(where: { $0.stepCount > 0 }) else { return }
    let left = parameters().filter { $0.isHeld && $0.parameter.gradient != nil }
    if !left.isEmpty {
      pending.append(Fact(subject: .model, name: .gradientsLeft, value: .strings(left.map(\.path))))
    }
  }

  /// Sees an optimizer's change of a parameter.
  @inline(__always)
  func see(changeOf id: Int, gradientNorm: Double) {
    gradients.count(id, gradientNorm: gradientNorm)
    if !gradientNorm.isFinite { hasNonfiniteGradient = true }
  }

  /// Sees a call of a loss function.
  func see(_ call: LossCall) {
    calls.now += 1
    if case .classes(let labels) = call.target, let count = call.prediction.shape.last {
      classes.add(labels, classCount: count)
      self.labels = labels
    }
    // Without its node, so that no tape is kept.
    self.call = call.detached()
  }

  /// Sees operands outside of the domain of an operation.
  func see(_ singularity: Singularity) { origin = origin ?? singularity }

  /// Sees the modules that were not called in the first recorded step, with and without a tape.
  func see(uncalled: [String], withoutTape: [String]) {
    for (name, paths) in [(FactName.uncalledModules, uncalled), (.calledWithoutGradients, withoutTape)]
    where !paths.isEmpty {
      pending.append(Fact(subject: .model, name: name, value: .strings(paths)))
    }
  }

  /// Sees the numbers of the optimizers whose parameters a backward pass reaches after their step.
  func see(passedThrough numbers: [Int]) {
    pending.append(Fact(subject: .model, name: .passedThrough, value: .json("\(numbers)")))
  }

  // MARK: Writing

  /// Ends a step, recorded or not: writes the learning rates and loss scales that have changed.
  func writeScalars(_ step: Int) throws {
    try scalars.takeChanges { try writer.scalar(step: step, name: $0, value: $1) }
  }

  /// Ends a recorded step: writes what is due. `parameters` are those of the table `parameter`, in the order of their ids.
  func endStep(
    _ step: Int, isNonfinite: Bool, _ parameters: () -> [(path: String, parameter: Parameter, isHeld: Bool)]
  ) throws {
    gradients.endStep()
    calls = (0, calls.all + calls.now, calls.steps + 1)
    defer { forget() }
    for fact in pending { try writer.fact(fact) }
    pending = []
    let isNonfinite = isNonfinite || hasNonfiniteGradient
    if isNonfinite, !hasNonfiniteData {
      hasNonfiniteData = true
      if !isDue { try writeData(step) }
    }
    if isNonfinite, !hasOrigin, let origin {
      hasOrigin = true
      try write(
        .model, .nonfiniteOrigin,
        .json(
          "{\"operation\":\(quoted(origin.operation)),\"module\":\(origin.module.map(quoted) ?? "null"),"
            + "\"count\":\(origin.count),\"step\":\(step)}"), step)
    }
    guard isDue else { return }
    if schedule.next == 0 { try write(.model, .optimizers, settings.settings, step) }
    try writeData(step)
    if let input, let labels { classes.classify(input.tensor, isTokens: input.isTokens, labels) }
    if let call, let variance = PredictionFacts.variance(call) {
      variances = (variances.sum + variance, variances.count + 1)
    }
    try writeModes(step, parameters())
    try writeCounts(step, parameters())
    schedule.advance(past: step)
  }

  /// Ends the recording, after this step.
  func finish(_ step: Int, _ parameters: [(path: String, parameter: Parameter, isHeld: Bool)]) throws {
    try writeCounts(step, parameters)
    for path in ParameterFacts.stillEqual(parameters) { try write(.parameter(path), .equalUnits, .number(1), step) }
  }

  private func writeCounts(
    _ step: Int, _ parameters: [(path: String, parameter: Parameter, isHeld: Bool)]
  ) throws {
    for (name, value) in classes.facts { try write(.target, name, value, step) }
    if calls.all > 0 { try write(.loss, .callsPerStep, .number(calls.all / calls.steps), step) }
    if variances.count > 0 { try write(.target, .variance, .number(variances.sum / variances.count), step) }
    for (name, value) in settings.counts { try write(.model, name, value, step) }
    for (path, name, share) in gradients.facts(of: parameters) {
      try write(.parameter(path), name, .number(share), step)
    }
  }

  /// The input, the predictions and the targets of the step.
  private func writeData(_ step: Int) throws {
    if let input {
      for (name, value) in InputFacts.facts(of: input.tensor, isTokens: input.isTokens) {
        try write(.input, name, value, step)
      }
    }
    if let call {
      for (name, value) in PredictionFacts.loss(call) { try write(.loss, name, value, step) }
      for (name, value) in PredictionFacts.target(call) { try write(.target, name, value, step) }
    }
  }

  /// Modules in evaluation mode, factors of parameter groups, and parameters that optimizers hold which the recorder does not know.
  private func writeModes(_ step: Int, _ parameters: [(path: String, parameter: Parameter, isHeld: Bool)]) throws {
    let evaluated = (model?.modules ?? []).filter {
      !$0.module.isTraining && ($0.module is BatchNorm || $0.module is Dropout)
    }
    if !evaluated.isEmpty || wereEvaluated { try write(.model, .evaluationMode, .strings(evaluated.map(\.path)), step) }
    wereEvaluated = !evaluated.isEmpty
    let factors = optimizers.flatMap(\.learningRateFactors)
    if !factors.isEmpty {
      let byParameter = Dictionary(factors.map { (ObjectIdentifier($0.parameter), $0.factor) }) { first, _ in first }
      for (path, parameter, _) in parameters {
        guard let factor = byParameter[ObjectIdentifier(parameter)] else { continue }
        try write(.parameter(path), .learningRateFactor, .number(Double(factor)), step)
      }
    }
    for (path, parameter, isHeld) in parameters where !isHeld && parameter.optimizerCount > 0 {
      try write(.parameter(path), .otherOptimizers, .number(Double(parameter.optimizerCount)), step)
    }
  }

  private func write(_ subject: Fact.Subject, _ name: FactName, _ value: Fact.Value, _ step: Int) throws {
    try writer.fact(Fact(step: step, subject: subject, name: name, value: value))
  }

  // MARK: Checkpoints

  func save() -> SavedState {
    var state = SavedState()
    classes.save(to: &state)
    gradients.save(to: &state)
    settings.save(to: &state)
    scalars.save(to: &state)
    state.numbers["schedule"] = [Double(schedule.next)]
    state.numbers["calls"] = [calls.all, calls.steps, wereEvaluated ? 1 : 0]
    state.numbers["variances"] = [variances.sum, variances.count]
    state.numbers["has"] = [hasFirstValues ? 1 : 0, hasOrigin ? 1 : 0, hasNonfiniteData ? 1 : 0]
    return state
  }

  func restore(from state: SavedState) throws {
    try classes.restore(from: state)
    try gradients.restore(from: state)
    try settings.restore(from: state)
    try scalars.restore(from: state)
    schedule = FactSchedule(next: try state.counts("schedule").first ?? 0)
    if let sums = try state.numbers("variances", 2) { variances = (sums[0], sums[1]) }
    if let sums = try state.numbers("calls", 3) {
      (calls.all, calls.steps, wereEvaluated) = (sums[0], sums[1], sums[2] == 1)
    }
    if let has = try state.numbers("has", 3) {
      (hasFirstValues, hasOrigin, hasNonfiniteData) = (has[0] == 1, has[1] == 1, has[2] == 1)
    }
  }
}

extension Fact.Value {
  /// A JSON array of strings.
  static func strings(_ list: [String]) -> Fact.Value { .json("[\(list.map(quoted).joined(separator: ","))]") }
}

private func quoted(_ text: String) -> String { "\"\(text.escapedForJSON)\"" }
