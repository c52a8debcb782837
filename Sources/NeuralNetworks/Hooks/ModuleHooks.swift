import Autodiff

/// Identifies the tensor that a hook is called with.
public struct HookSite {
  /// The module's path in the model through which the hook was attached; "" is that model itself.
  public let path: String
  /// The kind of module, such as "Linear"; "Parameter" for hooks on a parameter's gradient.
  public let kind: String
  let tensor: HookedTensor

  /// The number of earlier calls of the module in this forward pass of the model: 0 unless the module is shared or recurrent.
  public var callIndex: Int { tensor.callIndex }
  /// The index among the module's inputs or outputs: 0 unless there are several.
  public var tensorIndex: Int { tensor.tensorIndex }
  /// Whether the module was called with a list.
  package var isInList: Bool { tensor.isInList }
}

/// Identifies a tensor among all inputs or outputs of all calls of a module.
struct HookedTensor: Equatable {
  var callIndex = 0
  var tensorIndex = 0
  var isInList = false
  /// Whether the call counts its module among the layers on the path to an output.
  var isLayer = false
  /// The number of the forward pass.
  var pass: Int64 = 0

  /// Another tensor of the same call.
  func at(_ index: Int) -> HookedTensor {
    var other = self
    other.tensorIndex = index
    return other
  }
}

/// A function that observes a tensor and may replace it: nil keeps the tensor, another tensor of the same shape replaces it.
public typealias Hook = (_ site: HookSite, _ tensor: Tensor) -> Tensor?

/// The hooks of one module. A module without hooks holds nil instead.
final class ModuleHooks {
  // In the order in which hooks were attached.
  @exclusivity(unchecked) private(set) var onInput: [AttachedHook] = []
  @exclusivity(unchecked) private(set) var onOutput: [AttachedHook] = []
  @exclusivity(unchecked) private(set) var onInputGradient: [AttachedHook] = []
  @exclusivity(unchecked) private(set) var onOutputGradient: [AttachedHook] = []
  /// Audits of hooks that were attached through this module.
  @exclusivity(unchecked) var audits: [HookAudit] = []
  /// Audits of hooks that were attached through an ancestor of this module, until the ancestor is called.
  @exclusivity(unchecked) var auditsOfAncestors: [HookAudit] = []
  /// The handles of hooks that `withHooks` is attaching; nil at all other times.
  @exclusivity(unchecked) var newHandles: [HookHandle]?
  @exclusivity(unchecked) private var pass: Int64 = -1
  @exclusivity(unchecked) private var callsInPass = 0

  subscript(kind: HookKind) -> [AttachedHook] {
    get {
      switch kind {
      case .input: onInput
      case .output: onOutput
      case .inputGradient: onInputGradient
      case .outputGradient: onOutputGradient
      }
    }
    set {
      switch kind {
      case .input: onInput = newValue
      case .output: onOutput = newValue
      case .inputGradient: onInputGradient = newValue
      case .outputGradient: onOutputGradient = newValue
      }
    }
  }

  var isEmpty: Bool { holdsOnly(0) }

  /// Whether there are exactly `count` hooks, and no audits or new handles.
  func holdsOnly(_ count: Int) -> Bool {
    onInput.count + onOutput.count + onInputGradient.count + onOutputGradient.count == count && audits.isEmpty
      && auditsOfAncestors.isEmpty && newHandles == nil
  }

  var all: [AttachedHook] { HookKind.allCases.flatMap { self[$0] } }

  /// Drops hooks that were removed and audits that have ended, and appends those of `new`.
  func merge(_ new: ModuleHooks?) {
    for kind in HookKind.allCases { self[kind] = self[kind].filter(\.isAttached) + (new?[kind] ?? []) }
    audits = audits.filter { !$0.hasEnded } + (new?.audits ?? [])
    auditsOfAncestors = auditsOfAncestors.filter { !$0.hasEnded } + (new?.auditsOfAncestors ?? [])
  }

  /// Reports the beginning of a call to audits; returns the call's index in the forward pass.
  func beginCall(in pass: Int64) -> Int {
    if !audits.isEmpty { for audit in audits { audit.callBegins() } }
    if !auditsOfAncestors.isEmpty { for audit in auditsOfAncestors { audit.partBegins(self) } }
    callsInPass = self.pass == pass ? callsInPass + 1 : 0
    self.pass = pass
    return callsInPass
  }

  /// Reports the end of a call to audits.
  func endCall(_ output: Tensor) {
    guard !audits.isEmpty else { return }
    for audit in audits { audit.callEnds(output) }
  }
}
