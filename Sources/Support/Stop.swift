import Foundation

/// Stops the program over an error in it: the operation, where it ran, and what is wrong. The message survives release builds.
///
/// Only the message is printed. `fatalError` would add registers and addresses of the stack, which Swift's runtime prints at the signals
/// that it handles; so SIGABRT, with which debuggers stop and shells report a crash, gets its default handling first.
package func stop(_ operation: String, _ problem: String, in place: String? = nil) -> Never {
  var text = "Fatal error: \(operation)\(place.map { " in \($0)" } ?? ""): \(problem)\n"
  text.withUTF8 { bytes in
    var rest = UnsafeRawBufferPointer(bytes)
    while !rest.isEmpty {
      let written = write(STDERR_FILENO, rest.baseAddress, rest.count)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { break }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }
  signal(SIGABRT, SIG_DFL)
  abort()
}
