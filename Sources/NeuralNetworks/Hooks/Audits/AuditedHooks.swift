import Support

/// Hooks that were attached together, and the warnings about those of them that are not called.
struct AuditedHooks {
  private let hooks: [AttachedHook]
  private let what: String
  /// Whether hooks that were never called have been reported.
  private(set) var areReported = false
  /// The hooks that have been called, with their number of calls at the last check.
  private var called: [(hook: AttachedHook, count: Int)] = []
  /// The number of checks in which a hook had not been called again.
  private var misses = 0
  /// For each hook how often its module's parameters had been used before the model's first call.
  private var useCounts: [Int] = []
  /// The hooks whose modules' `forward` was called by hand in the model's first call.
  private var byHand: [AttachedHook] = []

  /// `what` names the kind of hook in warnings.
  init(_ hooks: [AttachedHook], _ what: String) { (self.hooks, self.what) = (hooks, what) }

  /// Warns of the hooks that were never called. Only the first call has an effect.
  mutating func warnOfUncalled(_ reason: SilentHookReason) {
    guard !areReported else { return }
    areReported = true
    called = hooks.filter { $0.callCount > 0 }.map { ($0, $0.callCount) }
    for (hooks, reason) in [
      (byHand, .forwardByHand), (hooks.filter { hook in !byHand.contains { $0 === hook } }, reason),
    ] {
      if let text = text(on: hooks, reason) { warnOnStandardError(text) }
    }
  }

  /// The warning of those that were never called; nil if all were, or have been reported.
  func warningOfUncalled(_ reason: SilentHookReason) -> String? { areReported ? nil : text(on: hooks, reason) }

  private func text(on hooks: [AttachedHook], _ reason: SilentHookReason) -> String? {
    let uncalled = hooks.filter { $0.callCount == 0 }
    return uncalled.isEmpty ? nil : "the \(what) at \(named(uncalled)) was not called: \(reason.text)"
  }

  /// Called before the model's first call.
  mutating func firstCallBegins() { useCounts = hooks.map(Self.useCount) }

  /// Called after the model's first call, in this forward pass: finds modules that were not called, but whose parameters were used or
  /// whose descendants were called.
  mutating func firstCallEnds(in pass: Int64) {
    byHand = zip(hooks, useCounts).filter { hook, count in
      guard hook.callCount == 0, let module = hook.target as? Module, module.hooks?.wasCalled(in: pass) != true else {
        return false
      }
      return Self.useCount(hook) > count
        || module.modules.dropFirst().contains { $0.module.hooks?.wasCalled(in: pass) ?? false }
    }.map(\.0)
  }

  private static func useCount(_ hook: AttachedHook) -> Int {
    (hook.target as? Module)?.ownParameters.reduce(0) { $0 + $1.parameter.useCount } ?? 0
  }

  /// Warns of the hooks that were called earlier but whose module or parameter has been replaced in the model since.
  mutating func warnOfReplaced(in model: Module?) {
    var silent: [AttachedHook] = []
    for index in called.indices {
      if called[index].count == called[index].hook.callCount { silent.append(called[index].hook) }
      called[index].count = called[index].hook.callCount
    }
    guard !silent.isEmpty else { return }
    // A branch may be skipped in some passes, so the model's parts must be read, which is slow: at the 1st, 2nd, 4th, 8th … miss.
    misses += 1
    guard misses & (misses - 1) == 0, let present = model?.currentParts() else { return }
    let replaced = silent.filter { hook in hook.target.map { !present.contains(ObjectIdentifier($0)) } ?? true }
    guard !replaced.isEmpty else { return }
    called.removeAll { hook, _ in replaced.contains { $0 === hook } }
    warnOnStandardError(
      "the \(what) at \(named(replaced)) is no longer called: it was replaced in the model; attach the hook again")
  }

  private func named(_ hooks: [AttachedHook]) -> String {
    let names = hooks.map { $0.path.isEmpty ? "the model itself" : "“\($0.path)”" }
    return names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }
}
