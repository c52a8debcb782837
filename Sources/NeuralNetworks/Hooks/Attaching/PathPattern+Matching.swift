import Support

/// The indices of the paths that match a pattern. Throws a `HookError` with the nearest paths if none does; `what` names the kind
/// of thing that was searched for.
func indices(of paths: [String], matching pattern: String, _ what: String) throws -> [Int] {
  let parsed = PathPattern(pattern)
  let indices = paths.indices.filter { parsed.matches(paths[$0]) }
  guard !indices.isEmpty else {
    let named = paths.filter { !$0.isEmpty }
    throw HookError.nothingMatches(pattern: pattern, what: what, nearest: nearestNames(to: pattern, among: named))
  }
  return indices
}
