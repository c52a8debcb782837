import Autodiff

// Hooks on the modules and parameters that a closure chooses.
extension Module {
  /// As `onInput` with a pattern, for all modules for which `isChosen` is true. Throws a `HookError` if it chooses none.
  @discardableResult
  public func onInput(
    where isChosen: ModuleFilter, options: HookOptions = [], _ hook: @escaping Hook
  ) throws -> HookHandle {
    try attach(.input, to: chosen(isChosen), options, hook)
  }

  /// As `onForward` with a pattern, for all modules for which `isChosen` is true. Throws a `HookError` if it chooses none.
  @discardableResult
  public func onForward(
    where isChosen: ModuleFilter, options: HookOptions = [], _ hook: @escaping Hook
  ) throws -> HookHandle {
    try attach(.output, to: chosen(isChosen), options, hook)
  }

  /// As `onBackward` with a pattern, for all modules for which `isChosen` is true. Throws a `HookError` if it chooses none.
  @discardableResult
  public func onBackward(
    where isChosen: ModuleFilter, options: HookOptions = [], _ hook: @escaping Hook
  ) throws -> HookHandle {
    try attach(.outputGradient, to: chosen(isChosen), options, hook)
  }

  /// As `onInputGradient` with a pattern, for all modules for which `isChosen` is true. Throws a `HookError` if it chooses none.
  @discardableResult
  public func onInputGradient(
    where isChosen: ModuleFilter, options: HookOptions = [], _ hook: @escaping Hook
  ) throws -> HookHandle {
    try attach(.inputGradient, to: chosen(isChosen), options, hook)
  }

  /// As `onCall` with a pattern, for all modules for which `isChosen` is true. Throws a `HookError` if it chooses none.
  @discardableResult
  public func onCall(
    where isChosen: ModuleFilter, at kind: HookKind = .output, options: HookOptions = [], _ hook: @escaping CallHook
  ) throws -> HookHandle {
    try attach(kind, to: chosen(isChosen), options, hook)
  }

  /// As `onParameterGradient` with a pattern, for all parameters for which `isChosen` is true. Throws a `HookError` if it chooses none.
  @discardableResult
  public func onParameterGradient(
    where isChosen: (_ path: String, _ parameter: Parameter) throws -> Bool, options: HookOptions = [],
    _ hook: @escaping Hook
  ) throws -> HookHandle {
    let all = parameters, found = try all.filter { try isChosen($0.path, $0.parameter) }
    guard !found.isEmpty else { throw HookError.noneChosen(what: "parameters", count: all.count) }
    return attach(to: found, options, hook)
  }

  /// Whether a module, whose path is given too, is to be hooked.
  public typealias ModuleFilter = (_ path: String, _ module: Module) throws -> Bool

  private func chosen(_ isChosen: ModuleFilter) throws -> [HookTarget] {
    let all = modules, found = try all.filter { try isChosen($0.path, $0.module) }
    guard !found.isEmpty else { throw HookError.noneChosen(what: "modules", count: all.count) }
    return found
  }
}
