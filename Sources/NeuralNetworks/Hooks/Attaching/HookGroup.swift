import Autodiff

/// Hooks that were attached by one call, to be removed together.
///
/// The hooks hold it, so it lives as long as any of them; it holds neither them nor the model.
final class HookGroup {
  /// The name of the hooks in messages.
  let name: String
  /// Whether users see the hooks in `attachedHooks`; false for those of captures and recordings.
  let isListed: Bool
  private var members: [Member] = []
  private weak var model: Module?
  private weak var audit: HookAudit?

  private struct Member {
    weak var hook: AttachedHook?
    /// Called after the hook was marked as removed.
    let noteRemoval: (AnyObject) -> Void
  }

  init(_ name: String, isListed: Bool, in model: Module) {
    (self.name, self.isListed, self.model) = (name, isListed, model)
  }

  /// Adds a hook; `noteRemoval` gets its target when it is removed.
  func add(_ hook: AttachedHook, noteRemoval: @escaping (AnyObject) -> Void) {
    hook.group = self
    members.append(Member(hook: hook, noteRemoval: noteRemoval))
  }

  /// Adds an audit of the hooks, which the model holds.
  func add(_ audit: HookAudit) { self.audit = audit }

  /// Removes the hooks; `isScopeOver` is true at the end of `withHooks`. A second call does nothing.
  func remove(isScopeOver: Bool) {
    let removed = members
    members = []
    for member in removed { member.hook?.isAttached = false }
    for member in removed { if let target = member.hook?.target { member.noteRemoval(target) } }
    if let audit {
      audit.end(isScopeOver: isScopeOver)
      model?.hooks?.noteEndOfAudit()
    }
    audit = nil
    model?.dropHooksIfEmpty()
  }
}
