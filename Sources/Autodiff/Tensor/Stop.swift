import CThreadState
import Support
import Synchronization

/// The name of the module that is being called, for errors of operations.
package final class CallSite {
  /// The module's type, and its dotted path once the model that holds it is known.
  package var path: String

  /// The operations that have printed a warning in this module.
  fileprivate var warned: Set<String> = []

  package init(path: String) { self.path = path }
}

/// The module that is being called; nil outside of modules.
private var caller: CallSite? {
  thread_state_here().pointee.caller.map { Unmanaged<CallSite>.fromOpaque($0).takeUnretainedValue() }
}

/// Stops the program and prints the operation, the module that called it, and what is wrong.
package func stop(_ operation: String, _ problem: String) -> Never {
  Support.stop(operation, problem, in: caller?.path)
}

/// As above, for two shapes that don't fit.
package func stop(_ operation: String, _ left: Shape, _ right: Shape, _ need: String) -> Never {
  stop(operation, "shapes \(left) and \(right) don't fit: \(need)")
}

/// The operations that have printed a warning outside of modules.
private let warnedOutsideOfModules = Mutex<Set<String>>([])

/// Prints a warning: the operation, the module that called it, and what is probably wrong. Once per operation and module; outside of modules
/// once per operation.
package func warnOnce(_ operation: String, _ problem: @autoclosure () -> String) {
  guard let caller else {
    guard warnedOutsideOfModules.withLock({ $0.insert(operation).inserted }) else { return }
    return warnOnStandardError("\(operation): \(problem())")
  }
  guard caller.warned.insert(operation).inserted else { return }
  warnOnStandardError("\(operation) in \(caller.path): \(problem())")
}
