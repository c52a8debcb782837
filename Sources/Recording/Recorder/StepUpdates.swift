import Autodiff
import NeuralNetworks
import Support

/// Which optimizers take steps within a step of the recording, and which gradients they leave.
struct StepUpdates {
  private let optimizers: [Optimizer]
  /// The optimizers' step counts when the step began.
  private var counts: [Int]
  /// For each optimizer the number of recorded steps in a row in which others took a step, and it left gradients of its own.
  private var idleSteps: [Int]
  /// The number of backward passes before the last step of each optimizer in this step.
  private var backwardPasses: [Int64]
  /// The optimizers whose parameters a backward pass has reached after their step, and whether there are new ones.
  private var isPassedThrough: [Bool]
  private var hasNewPassedThrough = false

  /// An adversary may train for some steps alone.
  private static let patience = 10

  init(_ optimizers: [Optimizer]) {
    self.optimizers = optimizers
    counts = optimizers.map(\.stepCount)
    idleSteps = optimizers.map { _ in 0 }
    backwardPasses = optimizers.map { _ in 0 }
    isPassedThrough = optimizers.map { _ in false }
  }

  func save(to state: inout SavedState) {
    state.numbers["idle_steps"] = idleSteps.map(Double.init)
    state.numbers["passed_through"] = isPassedThrough.map { $0 ? 1 : 0 }
  }

  mutating func restore(from state: SavedState) throws {
    let idle = try state.counts("idle_steps"), passed = try state.counts("passed_through")
    if idle.count == optimizers.count { idleSteps = idle }
    if passed.count == optimizers.count { isPassedThrough = passed.map { $0 > 0 } }
  }

  /// Begins a step of the recording.
  mutating func begin() {
    for index in optimizers.indices {
      (counts[index], backwardPasses[index]) = (optimizers[index].stepCount, .max)
    }
  }

  /// Sees a change that a step of an optimizer makes.
  @inline(__always)
  mutating func see(stepOf index: Int) { backwardPasses[index] = backwardPassCount }

  /// The numbers, from 1, of the optimizers whose parameters a backward pass has reached after their step, as those of a discriminator that the
  /// loss of a generator goes through; nil if there are no new ones since the last call.
  mutating func takePassedThrough() -> [Int]? {
    guard hasNewPassedThrough else { return nil }
    hasNewPassedThrough = false
    return isPassedThrough.indices.filter { isPassedThrough[$0] }.map { $0 + 1 }
  }

  private func tookStep(_ index: Int) -> Bool { optimizers[index].stepCount > counts[index] }

  /// Why no weight was updated although gradients have reached the model, whose parameters are given.
  func reasonForNone(_ parameters: [(path: String, parameter: Parameter, isHeld: Bool)], step: Int) -> String {
    guard !optimizers.isEmpty else {
      return
        "no optimizer was given to the recorder, so updates of weights are not recorded; write Recorder(model, optimizer, …)"
    }
    let left = parameters.filter { entry in
      entry.isHeld && entry.parameter.gradient != nil && !optimizers.contains { $0.isFrozen(entry.parameter) }
    }
    let busy = optimizers.indices.filter(tookStep)
    if !left.isEmpty {
      let idle = optimizers.indices.filter { index in left.contains { optimizers[index].holds($0.parameter) } }
      return "step() of \(names(idle)) was not called between backward() and recorder.step() in step \(step), so "
        + "\(listed(left.map(\.path))) \(left.count == 1 ? "has a gradient but was" : "have gradients but were") not updated, and updates "
        + "are not recorded; call it before recorder.step()"
        + (busy.isEmpty ? "" : " (step() of \(names(busy)) was called, but does not change them)")
    }
    return busy.isEmpty
      ? "no optimizer that the recorder was given took a step between backward() and recorder.step() in step \(step), but the gradients are "
        + "gone, so updates are not recorded; give Recorder the optimizer that takes the steps"
      : "step() of \(names(busy)) changed no parameter of the recorded model in step \(step), so updates are not recorded; make the "
        + "optimizer from this model, after its last change, and give it to Recorder"
  }

  /// Ends a recorded step. Returns a warning where an optimizer has left gradients of its own in ten steps in a row, while others took
  /// theirs.
  mutating func end() -> String? {
    guard optimizers.count > 1, optimizers.indices.contains(where: tookStep) else { return nil }
    var warning: String?
    for index in optimizers.indices {
      if !isPassedThrough[index], tookStep(index), optimizers[index].lastBackwardPass > backwardPasses[index] {
        (isPassedThrough[index], hasNewPassedThrough) = (true, true)
      }
      let left = tookStep(index) ? nil : optimizers[index].firstGradientLeft
      idleSteps[index] = left == nil ? 0 : idleSteps[index] + 1
      if let left, idleSteps[index] == Self.patience {
        warning =
          "\(names([index])) took no step in \(Self.patience) recorded steps in a row, although its parameters have gradients, such as "
          + "“\(left)”, and other optimizers took theirs; call its step(), or clear its gradients"
      }
    }
    return warning
  }

  /// The types of optimizers, with their numbers where there are several.
  private func names(_ indices: [Int]) -> String {
    indices.map { "\(type(of: optimizers[$0]))" + (optimizers.count > 1 ? " (optimizer \($0 + 1))" : "") }
      .joined(separator: " and ")
  }
}
