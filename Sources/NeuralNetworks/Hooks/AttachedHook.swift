import Autodiff
import CKernels
import Foundation

/// When a hook of a module is called.
enum HookKind: Hashable {
  case input, output, inputGradient, outputGradient

  var waitsForGradient: Bool { self == .inputGradient || self == .outputGradient }
}

/// A hook at one module or parameter.
final class AttachedHook {
  let path: String
  /// Called with the input and the tensor that it may replace.
  let look: (HookSite, _ input: Tensor, Tensor) -> Tensor?
  @exclusivity(unchecked) var hasFired = false

  init(path: String, look: @escaping (HookSite, Tensor, Tensor) -> Tensor?) {
    self.path = path
    self.look = look
  }
}

/// A hook that is attached; it stays so until `remove()`, or as long as the model lives.
///
/// A hook that has been attached while the model was used and is removed without ever having been called is told of on
/// standard error, once, with what may be the reason.
public final class HookHandle {
  private var detach: (() -> Void)?
  private let hooks: [AttachedHook]
  private let waitsForGradient: Bool
  private let what: String
  /// How many passes forward and back the thread had made when the hook was attached.
  private let start: (passes: Int64, sweeps: Int64)

  init(_ hooks: [AttachedHook] = [], waitsForGradient: Bool = false, _ what: String = "", detach: @escaping () -> Void)
  {
    self.hooks = hooks
    self.waitsForGradient = waitsForGradient
    self.what = what
    self.detach = detach
    start = HookHandle.now
  }

  /// Takes the hook away. A second call does nothing.
  public func remove() {
    guard let detach else { return }
    detach()
    self.detach = nil
    if let warning { FileHandle.standardError.write(Data("rheoscope: \(warning)\n".utf8)) }
  }

  /// As `remove()`, without a word.
  func detachSilently() {
    detach?()
    detach = nil
  }

  /// What is to be said if the hook has not fired where it should have.
  package var warning: String? {
    let silent = hooks.filter { !$0.hasFired }.map { $0.path.isEmpty ? "the model itself" : "“\($0.path)”" }
    let now = HookHandle.now
    guard !silent.isEmpty, now.passes > start.passes, !waitsForGradient || now.sweeps > start.sweeps else { return nil }
    let places = silent.prefix(3).joined(separator: ", ") + (silent.count > 3 ? " and \(silent.count - 3) more" : "")
    let reasons =
      waitsForGradient
      ? "no gradient reached it: what it watches is not used by the loss, is data, or was computed without gradients"
      : "it was not called: no forward(_:) uses it, it was replaced by another, or its forward(_:) was called by hand where "
        + "the module itself should be"
    return "\(what) at \(places) never fired; \(reasons)"
  }

  private static var now: (passes: Int64, sweeps: Int64) {
    let here = thread_state_here()
    return (here.pointee.pass, here.pointee.sweeps)
  }
}
