import Autodiff

/// Where a hook fires.
public struct HookSite {
  /// The path in the model the hook was attached through; "" is that model itself.
  public let path: String
  /// The type of the module, or of what the path names.
  public let kind: String
  let place: CallPlace

  /// How often the module has been called before in this pass of the model: 0 unless it is shared or recurrent.
  public var callIndex: Int { place.callIndex }
  /// Which of the module's inputs or outputs it is: 0 unless there are several.
  public var tensorIndex: Int { place.tensorIndex }
  /// Whether the module was called with a list.
  package var isOfList: Bool { place.isOfList }
}

/// Which tensor of which call of a module.
struct CallPlace: Equatable {
  var callIndex = 0
  var tensorIndex = 0
  var isOfList = false
  /// The number of the pass.
  var pass: Int64 = 0

  /// The same with another tensor.
  func ofTensor(_ index: Int) -> CallPlace {
    var place = self
    place.tensorIndex = index
    return place
  }
}

/// Looks at a tensor, and replaces it by what it returns; nil leaves it as it is.
public typealias Hook = (_ site: HookSite, _ tensor: Tensor) -> Tensor?

/// The hooks of one module; a module without any has none of these.
final class ModuleHooks {
  /// Those of each kind, in the order in which they were attached.
  @exclusivity(unchecked) private(set) var before: [AttachedHook] = []
  @exclusivity(unchecked) private(set) var after: [AttachedHook] = []
  @exclusivity(unchecked) private(set) var toInput: [AttachedHook] = []
  @exclusivity(unchecked) private(set) var toOutput: [AttachedHook] = []
  /// What looks after the hooks that were attached through this module.
  @exclusivity(unchecked) var watches: [HookAudit] = []
  /// What looks after hooks that were attached through a module of which this is a part, until that is called.
  @exclusivity(unchecked) var watchesOfOuter: [HookAudit] = []
  /// Handles of hooks that are attached while a scope begins; nil at all other times.
  @exclusivity(unchecked) var newHandles: [HookHandle]?
  @exclusivity(unchecked) private var pass: Int64 = -1
  @exclusivity(unchecked) private var calls = 0

  subscript(kind: HookKind) -> [AttachedHook] {
    get {
      switch kind {
      case .input: before
      case .output: after
      case .inputGradient: toInput
      case .outputGradient: toOutput
      }
    }
    set {
      switch kind {
      case .input: before = newValue
      case .output: after = newValue
      case .inputGradient: toInput = newValue
      case .outputGradient: toOutput = newValue
      }
    }
  }

  var isEmpty: Bool { holdsOnly(0) }

  /// Whether there are so many hooks and nothing that waits for others.
  func holdsOnly(_ count: Int) -> Bool {
    before.count + after.count + toInput.count + toOutput.count == count && watches.isEmpty && watchesOfOuter.isEmpty
      && newHandles == nil
  }

  var all: [AttachedHook] { HookKind.allCases.flatMap { self[$0] } }

  /// Takes in others, and leaves out what has been removed.
  func take(_ new: ModuleHooks?) {
    for kind in HookKind.allCases { self[kind] = self[kind].filter(\.isAttached) + (new?[kind] ?? []) }
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
