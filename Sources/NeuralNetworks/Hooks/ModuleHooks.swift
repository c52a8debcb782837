import Autodiff

/// Where a hook fires.
public struct HookSite {
  /// The path in the model the hook was attached through; "" is that model itself.
  public let path: String
  /// The type of the module, or of what the path names.
  public let kind: String
  /// How often the module has been called before in this pass of the model: 0 unless it is shared or recurrent.
  public let callIndex: Int
}

/// Looks at a tensor, and replaces it by what it returns; nil leaves it as it is.
public typealias Hook = (_ site: HookSite, _ tensor: Tensor) -> Tensor?

/// What tells one attached hook from all others.
final class HookID {}

/// The hooks of one module; a module without any has none of these.
final class ModuleHooks {
  struct Entry {
    let id: HookID
    let path: String
    let hook: Hook
  }

  var forward: [Entry] = []
  var backward: [Entry] = []
  private let kind: String
  private var pass: Int64 = -1
  private var calls = 0

  init(kind: String) { self.kind = kind }

  var isEmpty: Bool { forward.isEmpty && backward.isEmpty }

  /// The output after the forward hooks, with the backward hooks waiting for its gradient. In a `checkpointed` body that is
  /// computed again only those forward hooks are called that have replaced the output, so that gradients flow through what
  /// they do.
  func applied(to made: Tensor, of input: Tensor, in pass: Int64) -> Tensor {
    let call = replayed { nextCall(in: pass) }
    // A module that hands its input through would otherwise be told the gradient of all that uses the input.
    var output = made === input ? made.marked() : made
    for entry in forward {
      guard let replacement = replacement(by: entry, site(entry, call), of: output) else { continue }
      guard replacement.shape == output.shape else {
        stop("forward hook", replacement.shape, output.shape, "a replacement has the shape of the output it replaces")
      }
      output = replacement
    }
    for entry in backward {
      let here = site(entry, call)
      output.addGradientHook { entry.hook(here, $0) }
    }
    return output
  }

  private func nextCall(in pass: Int64) -> Int {
    calls = self.pass == pass ? calls + 1 : 0
    self.pass = pass
    return calls
  }

  private func replacement(by entry: Entry, _ site: HookSite, of output: Tensor) -> Tensor? {
    var replacement: Tensor?
    let replaces = replayed {
      replacement = entry.hook(site, output)
      return replacement != nil
    }
    return replaces && replacement == nil ? entry.hook(site, output) : replacement
  }

  private func site(_ entry: Entry, _ call: Int) -> HookSite {
    HookSite(path: entry.path, kind: kind, callIndex: call)
  }
}
