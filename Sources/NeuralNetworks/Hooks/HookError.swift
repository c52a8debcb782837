import Support

/// The reason why a hook, a probe or a parameter group could not be attached.
public enum HookError: Error, CustomStringConvertible {
  /// No path or kind matches the pattern; `what` was searched for, and `nearest` are the most similar names.
  case nothingMatches(pattern: String, what: String, nearest: [String])
  /// A closure chooses none of the `count` things of a kind.
  case noneChosen(what: String, count: Int)
  /// A capture was to stop at a module that its body did not call.
  case stopNotReached(path: String)

  /// What is wrong, and what would be right.
  public var description: String { message.escapedForTerminal }

  private var message: String {
    switch self {
    case .nothingMatches(let pattern, let what, let nearest):
      let hint =
        nearest.isEmpty ? "the model has none" : "did you mean \(nearest.map { "“\($0)”" }.joined(separator: ", "))?"
      return "no \(what) matches “\(pattern)”; \(hint)"
    case .noneChosen(let what, let count):
      return "the closure chooses none of the \(count) \(what); it must return true for at least one"
    case .stopNotReached(let path):
      return
        "the capture was to stop at “\(path)”, but its body did not call that module; call the whole model in it, as model(x)"
    }
  }
}
