import Autodiff
import Support

// Hooks on all modules of a kind, subclasses included.
extension Module {
  /// As `onInput` with a pattern, for all modules of a kind, subclasses included. Throws a `HookError` if there are none.
  @discardableResult
  public func onInput<Kind: Module>(
    _ type: Kind.Type, options: HookOptions = [], _ hook: @escaping Hook
  ) throws -> HookHandle {
    try attach(.input, to: all(type), options, hook)
  }

  /// As `onForward` with a pattern, for all modules of a kind, subclasses included. Throws a `HookError` if there are none.
  @discardableResult
  public func onForward<Kind: Module>(
    _ type: Kind.Type, options: HookOptions = [], _ hook: @escaping Hook
  ) throws -> HookHandle {
    try attach(.output, to: all(type), options, hook)
  }

  /// As `onBackward` with a pattern, for all modules of a kind, subclasses included. Throws a `HookError` if there are none.
  @discardableResult
  public func onBackward<Kind: Module>(
    _ type: Kind.Type, options: HookOptions = [], _ hook: @escaping Hook
  ) throws -> HookHandle {
    try attach(.outputGradient, to: all(type), options, hook)
  }

  /// As `onInputGradient` with a pattern, for all modules of a kind, subclasses included. Throws a `HookError` if there are none.
  @discardableResult
  public func onInputGradient<Kind: Module>(
    _ type: Kind.Type, options: HookOptions = [], _ hook: @escaping Hook
  ) throws -> HookHandle {
    try attach(.inputGradient, to: all(type), options, hook)
  }

  /// As `onCall` with a pattern, for all modules of a kind, subclasses included. Throws a `HookError` if there are none.
  @discardableResult
  public func onCall<Kind: Module>(
    _ type: Kind.Type, at kind: HookKind = .output, options: HookOptions = [], _ hook: @escaping CallHook
  ) throws -> HookHandle {
    try attach(kind, to: all(type), options, hook)
  }

  /// As `onParameterGradient` with a pattern, for the own parameters of all modules of a kind, subclasses included.
  /// Throws a `HookError` if there are none.
  @discardableResult
  public func onParameterGradient<Kind: Module>(
    _ type: Kind.Type, options: HookOptions = [], _ hook: @escaping Hook
  ) throws -> HookHandle {
    let held = Set(try all(type).flatMap { $0.module.ownParameters.map { ObjectIdentifier($0.parameter) } })
    guard !held.isEmpty else {
      let others = Set(modules.filter { !$0.module.ownParameters.isEmpty }.map(\.module.kind)).sorted()
      throw HookError.nothingMatches(
        pattern: "\(type)", what: "parameter of a module of the kind",
        nearest: nearestNames(to: "\(type)", among: others))
    }
    return attach(to: parameters.filter { held.contains(ObjectIdentifier($0.parameter)) }, options, hook)
  }

  private func all<Kind: Module>(_ type: Kind.Type) throws -> [HookTarget] {
    let found = modules.filter { $0.module is Kind }
    guard !found.isEmpty else {
      let kinds = Set(modules.map(\.module.kind)).sorted()
      throw HookError.nothingMatches(
        pattern: "\(type)", what: "module of the kind", nearest: nearestNames(to: "\(type)", among: kinds))
    }
    return found
  }
}
