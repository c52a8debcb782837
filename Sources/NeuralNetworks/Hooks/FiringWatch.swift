import Autodiff
import CKernels
import Foundation

/// Sees to it that hooks fire which were attached together through one model, and says so in words if one does not.
///
/// When the whole model has been called, every hook on inputs and outputs must have fired. When a gradient has come back to the
/// model's output, hooks on gradients have until the model's next call.
final class FiringWatch {
  private let hooks: [AttachedHook]
  private let what: String
  private let waitsForGradient: Bool
  private let tell: (String) -> Void
  /// How many calls of outermost modules and backward passes the thread had made when the hooks were attached.
  private let start: (passes: Int64, sweeps: Int64)
  private var hasBeenCalled = false
  private var gradientHasCome = false
  private(set) var isOver = false

  init(
    _ hooks: [AttachedHook], _ what: String, waitsForGradient: Bool,
    tell: @escaping (String) -> Void = { FileHandle.standardError.write(Data("rheoscope: \($0)\n".utf8)) }
  ) {
    self.hooks = hooks
    self.what = what
    self.waitsForGradient = waitsForGradient
    self.tell = tell
    start = (thread_state_here().pointee.pass, thread_state_here().pointee.sweeps)
  }

  /// The model is about to be called.
  func callBegins() { if gradientHasCome { judge() } }

  /// The model has been called and put out a tensor.
  func callEnds(_ output: Tensor) {
    hasBeenCalled = true
    if !waitsForGradient {
      judge()
    } else if output.isOnTape {
      output.addGradientHook { [weak self] _ in
        self?.gradientHasCome = true
        return nil
      }
    }
  }

  /// The hooks are about to be removed.
  func ends() {
    let now = thread_state_here().pointee
    if waitsForGradient {
      if gradientHasCome || (!hasBeenCalled && now.sweeps > start.sweeps) { judge() }
    } else if now.pass > start.passes {
      judge()
    }
  }

  private func judge() {
    guard !isOver else { return }
    isOver = true
    let silent = hooks.filter { !$0.hasFired }.map { $0.path.isEmpty ? "the model itself" : "“\($0.path)”" }
    guard !silent.isEmpty else { return }
    let places = silent.prefix(3).joined(separator: ", ") + (silent.count > 3 ? " and \(silent.count - 3) more" : "")
    tell("the \(what) at \(places) did not fire: \(reason)")
  }

  private var reason: String {
    guard hasBeenCalled else {
      return "nothing called it while the hook was attached"
        + (waitsForGradient ? "; a hook on gradients is attached before the forward pass" : "")
    }
    if waitsForGradient {
      return
        "a gradient came back to the model but did not get there, since what the hook watches is not used by the loss, is "
        + "data, or was computed without gradients"
    }
    return
      "the model was called but not this part of it: no forward uses it, or another has taken its place since the hook was "
      + "attached, or its forward was called by hand, part.forward(x), which must be part(x)"
  }
}
