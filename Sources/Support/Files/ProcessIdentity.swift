import Foundation

/// A process, named so that no other process ever has the same name: by the boot of its kernel, its namespace of process numbers, its
/// number and its start.
///
/// Process numbers repeat, and mean nothing in another container or on another host. So only a process of the same kernel and namespace
/// can be found dead; of all others nothing is known.
package struct ProcessIdentity: Equatable, Sendable {
  /// The boot and the namespace; empty where the system doesn't tell them.
  private let kernel: String
  let number: Int32
  /// Clock ticks from the kernel's boot to the process's start; empty if unknown.
  private let start: String

  /// This process.
  package static var current: ProcessIdentity { ProcessIdentity(number: getpid()) }

  /// A process of this kernel and namespace, by its number.
  package init(number: Int32) {
    self.number = number
    kernel = Self.hereKernel
    start = Self.state(of: number)?.start ?? ""
  }

  /// Reads what `text` wrote; nil for anything else.
  package init?(text: Substring) {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let number = Int32(parts[1]), number > 0 else { return nil }
    (kernel, self.number, start) = (parts[0], number, parts[2])
  }

  /// As text of digits, letters, “-” and “_”, at most about 90 bytes.
  package var text: String { "\(kernel)_\(number)_\(start)" }

  /// Whether the process has ended; nil if that can't be known here.
  package var isDead: Bool? {
    guard !kernel.isEmpty, kernel == Self.hereKernel else { return nil }
    if kill(number, 0) != 0, errno == ESRCH { return true }
    // Where /proc hides other users' processes, a number in use counts as the process.
    guard let state = Self.state(of: number) else { return false }
    return state.isEnded || !start.isEmpty && state.start != start
  }

  private static let hereKernel: String = {
    guard let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8),
      let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    else { return "" }
    return boot.filter { $0.isHexDigit || $0 == "-" } + "-" + namespace.filter(\.isNumber)
  }()

  /// The start of a process, and whether it has ended but still has a number; nil if there is no such process.
  private static func state(of number: Int32) -> (start: String, isEnded: Bool)? {
    guard let text = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8),
      let name = text.lastIndex(of: ")")
    else { return nil }
    // The fields after the name, which may itself hold blanks: the state is the first, the start the twentieth.
    let fields = text[text.index(after: name)...].split(separator: " ")
    return fields.count < 20 ? nil : (String(fields[19]), "ZX".contains(fields[0]))
  }
}
