import Autodiff
import CThreadState
import Support

/// Sees to it that a hook of an optimizer's step fires, and says so in words, once, if gradients come to the optimizer's parameters
/// but no step.
///
/// A step may be of many passes, whose gradients add up, so it takes ten that each found no gradient left of the one before, as
/// where another optimizer takes the steps, or a thousand; or the end of the hook or of the optimizer.
final class StepAudit: AttachedHook {
  private let what: String
  private let parameters: [Parameter]
  /// The backward pass that came here last.
  private var lastBackwardPass: Int64 = -1
  private var passes = (all: 0, fromNothing: 0)

  private static let patience = (all: 1000, fromNothing: 10)

  init(_ what: String, of optimizer: Optimizer) {
    (self.what, parameters) = (what, optimizer.parameters)
    super.init(path: "", kind: "\(type(of: optimizer))", at: optimizer)
    for parameter in parameters { parameter.gradientHooks.list.append(self) }
  }

  override func shown(_ place: CallPlace, _ input: Tensor, _ gradient: Tensor) -> Tensor? {
    let pass = thread_state_here().pointee.backward_passes
    guard pass != lastBackwardPass else { return nil }
    lastBackwardPass = pass
    passes.all += 1
    if parameters.allSatisfy({ $0.gradient == nil }) { passes.fromNothing += 1 }
    if passes.all > StepAudit.patience.all || passes.fromNothing > StepAudit.patience.fromNothing { tell() }
    return nil
  }

  /// The hook, or the optimizer, is about to go.
  func ends() {
    if passes.all > 0 { tell() }
    leave()
  }

  /// A step was skipped, since gradients were not finite at the loss's scale: others come at a smaller one.
  func stepWasSkipped() { passes = (0, 0) }

  /// There is nothing more to be seen to.
  func leave() {
    isAttached = false
    for parameter in parameters { parameter.gradientHooks.list.removeAll { $0 === self } }
  }

  private func tell() {
    guard isAttached else { return }
    leave()
    warnOnStandardError(
      "the \(what) of \(kind) did not fire: gradients were computed but this optimizer took no step; call its step(), or attach "
        + "the hook to the optimizer that steps (a step that a LossScaler skips is none)")
  }
}
