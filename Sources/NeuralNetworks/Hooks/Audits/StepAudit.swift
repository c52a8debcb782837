import Autodiff
import CThreadState
import Support

/// Warns once if a hook of an optimizer's step is never called, although gradients reach the optimizer's parameters.
///
/// A step may sum gradients of many backward passes. So the audit waits for ten passes that each began from cleared gradients, as
/// where another optimizer takes the steps, or for a thousand passes, or for the end of the hook or the optimizer.
final class StepAudit: AttachedHook {
  private let what: String
  private let parameters: [Parameter]
  private let paths: [String]
  /// The number of the last backward pass that reached a parameter.
  private var lastBackwardPass: Int64 = -1
  private var passes = (all: 0, fromCleared: 0)

  private static let patience = (all: 1000, fromCleared: 10)

  init(_ what: String, of optimizer: Optimizer) {
    (self.what, parameters, paths) = (what, optimizer.parameters, optimizer.paths)
    super.init(path: "", kind: "\(type(of: optimizer))", at: optimizer)
    for parameter in parameters { parameter.gradientHooks.append(self) }
  }

  override func run(_ site: HookedTensor, _ input: Tensor, _ gradient: Tensor) -> Tensor? {
    let pass = thread_state_here().pointee.backward_passes
    guard pass != lastBackwardPass else { return nil }
    lastBackwardPass = pass
    passes.all += 1
    if parameters.allSatisfy({ $0.gradient == nil }) { passes.fromCleared += 1 }
    if passes.all > StepAudit.patience.all || passes.fromCleared > StepAudit.patience.fromCleared { warn() }
    return nil
  }

  /// Called before the hook or the optimizer is removed.
  func end() {
    if passes.all > 0 { warn() }
    detach()
  }

  /// A step was skipped because gradients were not finite; the next one has a smaller scale.
  func stepWasSkipped() { passes = (0, 0) }

  /// Ends the audit without a warning.
  func detach() {
    guard isAttached else { return }
    isAttached = false
    for parameter in parameters { parameter.gradientHooks.noteRemoval() }
  }

  private func warn() {
    guard isAttached else { return }
    detach()
    warnOnStandardError(
      "the \(what) of \(kind) was not called: gradients of \(listed(paths)), which it holds, were computed but it took no step; call "
        + "its step(), or attach the hook to the optimizer that steps (a step that a LossScaler skips does not count)")
  }
}
