import Autodiff

/// Where a hook fires.
public struct HookSite {
  /// The path in the model the hook was attached through; "" is that model itself.
  public let path: String
  /// The type of the module, or of what the path names.
  public let kind: String
  /// How often the module has been called before in this pass of the model: 0 unless it is shared or recurrent.
  public let callIndex: Int
  /// Which of the module's inputs or outputs it is: 0 unless there are several.
  public var tensorIndex = 0
  /// Whether the module was called with a list.
  package var isOfList = false
  /// The number of the pass.
  var pass: Int64 = 0
}

/// Looks at a tensor, and replaces it by what it returns; nil leaves it as it is.
public typealias Hook = (_ site: HookSite, _ tensor: Tensor) -> Tensor?

/// The hooks of one module; a module without any has none of these.
final class ModuleHooks {
  @exclusivity(unchecked) var hooks: [HookKind: [AttachedHook]] = [:] {
    didSet {
      before = hooks[.input] ?? []
      after = hooks[.output] ?? []
      toInput = hooks[.inputGradient] ?? []
      toOutput = hooks[.outputGradient] ?? []
    }
  }
  // The same, to be found without looking.
  @exclusivity(unchecked) private(set) var before: [AttachedHook] = []
  @exclusivity(unchecked) private(set) var after: [AttachedHook] = []
  @exclusivity(unchecked) private(set) var toInput: [AttachedHook] = []
  @exclusivity(unchecked) private(set) var toOutput: [AttachedHook] = []
  /// What looks after the hooks that were attached through this module.
  @exclusivity(unchecked) var watches: [FiringWatch] = []
  /// What looks after hooks that were attached through a module of which this is a part, until that is called.
  @exclusivity(unchecked) var watchesOfOuter: [FiringWatch] = []
  /// Handles of hooks that are attached while a scope begins; nil at all other times.
  @exclusivity(unchecked) var newHandles: [HookHandle]?
  @exclusivity(unchecked) private var pass: Int64 = -1
  @exclusivity(unchecked) private var calls = 0

  var isEmpty: Bool {
    watches.isEmpty && watchesOfOuter.isEmpty && newHandles == nil && hooks.values.allSatisfy(\.isEmpty)
  }

  var all: [AttachedHook] { hooks.values.flatMap { $0 } }

  /// Takes in others, and leaves out what has been removed.
  func take(_ new: ModuleHooks?) {
    for kind in Set(hooks.keys).union(new.map { Set($0.hooks.keys) } ?? []) {
      hooks[kind] = (hooks[kind] ?? []).filter(\.isAttached) + (new?.hooks[kind] ?? [])
    }
    watches = watches.filter { !$0.isOver } + (new?.watches ?? [])
    watchesOfOuter = watchesOfOuter.filter { !$0.isOver } + (new?.watchesOfOuter ?? [])
  }

  /// Tells watches of a call that begins; its number.
  func beginCall(in pass: Int64) -> Int {
    if !watches.isEmpty { for watch in watches { watch.callBegins() } }
    if !watchesOfOuter.isEmpty { for watch in watchesOfOuter { watch.partBegins(self) } }
    calls = self.pass == pass ? calls + 1 : 0
    self.pass = pass
    return calls
  }

  /// Tells watches what a call has put out.
  func endCall(_ output: Tensor) {
    guard !watches.isEmpty else { return }
    for watch in watches { watch.callEnds(output) }
  }
}
