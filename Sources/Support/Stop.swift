import Foundation

/// Stops the program over an error in it: the operation, where it ran, and what is wrong. The message survives release builds.
///
/// Only the message is printed. `fatalError` would add registers and addresses of the stack, which Swift's runtime prints at the signals
/// that it handles; so SIGABRT, with which debuggers stop and shells report a crash, gets its default handling first.
package func stop(_ operation: String, _ problem: String, in place: String? = nil) -> Never {
  let text = "Fatal error: \(operation)\(place.map { " in \($0)" } ?? ""): \(problem)\n"
  try? writeAll(text, to: STDERR_FILENO)
  signal(SIGABRT, SIG_DFL)
  abort()
}
