import Support

/// The reason why a hook, a probe or a parameter group could not be attached.
public enum HookError: Error, CustomStringConvertible {
  /// No path or kind matches the pattern; `what` was searched for, and `nearest` are the most similar names.
  case nothingMatches(pattern: String, what: String, nearest: [String])

  /// The pattern that did not match, and the nearest names.
  public var description: String { message.escapedForTerminal }

  private var message: String {
    switch self {
    case .nothingMatches(let pattern, let what, let nearest):
      let hint =
        nearest.isEmpty ? "the model has none" : "did you mean \(nearest.map { "“\($0)”" }.joined(separator: ", "))?"
      return "no \(what) matches “\(pattern)”; \(hint)"
    }
  }
}
