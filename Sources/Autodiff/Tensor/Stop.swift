import CThreadState
import Support

/// The name of the module that is being called, for errors of operations.
package final class CallSite {
  /// The module's type, and its dotted path once the model that holds it is known.
  package var path: String

  package init(path: String) { self.path = path }
}

/// Stops the program and prints the operation, the module that called it, and what is wrong.
package func stop(_ operation: String, _ problem: String) -> Never {
  let caller = thread_state_here().pointee.caller.map { Unmanaged<CallSite>.fromOpaque($0).takeUnretainedValue() }
  Support.stop(operation, problem, in: caller?.path)
}

/// As above, for two shapes that don't fit.
package func stop(_ operation: String, _ left: Shape, _ right: Shape, _ need: String) -> Never {
  stop(operation, "shapes \(left) and \(right) don't fit: \(need)")
}
