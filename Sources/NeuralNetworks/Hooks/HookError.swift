/// Why a hook could not be attached.
public enum HookError: Error, CustomStringConvertible {
  /// No path fits the pattern; `nearest` are those that come closest.
  case nothingMatches(pattern: String, what: String, nearest: [String])

  /// What was wrong, and what would be right.
  public var description: String {
    switch self {
    case .nothingMatches(let pattern, let what, let nearest):
      let hint =
        nearest.isEmpty ? "the model has none" : "did you mean \(nearest.map { "“\($0)”" }.joined(separator: ", "))?"
      return "no \(what) matches “\(pattern)”; \(hint)"
    }
  }
}
