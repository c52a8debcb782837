import CThreadState
import Support

/// Runs `body`, and throws the error of the first hook that throws in it.
///
/// Swift can't leave a function that does not throw, such as `forward`, in its middle. So once a hook has thrown, the rest of `body`
/// runs to its end without effect: no other hook is called but those that are attached with `.always`, products and
/// convolutions are not computed but are zeros of the right shape, no tape is recorded, modules' buffers and random streams do not
/// change, `backward()` computes nothing, and optimizers take no step. In a backward pass the pass ends at once, and no gradient is added
/// to any parameter.
///
///     let output = try withThrowingHooks { model(x) }
///     try withThrowingHooks { loss.backward() }
///
/// `Module.withHooks` and `capture` throw errors of hooks too. Outside of all these a hook that throws stops the program. Throws
/// the error of the hook, or that of `body`.
public func withThrowingHooks<Result>(_ body: () throws -> Result) throws -> Result {
  let here = thread_state_here()
  if here.pointee.is_abandoned, let error = HookScope.current?.error { throw error }
  let scope = HookScope(), outer = here.pointee.hook_scope, off = here.pointee.gradients_off
  here.pointee.hook_scope = Unmanaged.passUnretained(scope).toOpaque()
  let outcome = Swift.Result { try withExtendedLifetime(scope) { try body() } }
  if scope.error != nil { (here.pointee.is_abandoned, here.pointee.gradients_off) = (false, off) }
  here.pointee.hook_scope = outer
  // An error of the body may follow from the hook's.
  if let error = scope.error { throw error }
  return try outcome.get()
}

/// Whether a hook has thrown in the scope that is running, so that the rest of the scope has no effect.
package var isAbandoned: Bool { thread_state_here().pointee.is_abandoned }

/// Called with the error of a hook; `name` names it. Stops the program outside of a scope that throws it.
package func hookFailed(_ error: any Error, _ name: @autoclosure () -> String) {
  guard let scope = HookScope.current else {
    stop(
      name(),
      "it threw an error: \(error); call the model, or backward(), inside of try withThrowingHooks { }, which throws it"
    )
  }
  guard scope.error == nil else {
    return warnOnStandardError("the \(name()) threw an error after another hook had thrown: \(error)")
  }
  scope.error = error
  thread_state_here().pointee.is_abandoned = true
  thread_state_here().pointee.gradients_off += 1
}

/// A running `withThrowingHooks`.
private final class HookScope {
  var error: (any Error)?

  static var current: HookScope? {
    thread_state_here().pointee.hook_scope.map { Unmanaged<HookScope>.fromOpaque($0).takeUnretainedValue() }
  }
}
