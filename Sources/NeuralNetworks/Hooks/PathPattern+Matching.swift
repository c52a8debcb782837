import Support

/// The indices of the paths that fit a pattern. Throws if none does, with the paths that come nearest.
func indices(of paths: [String], fitting pattern: String, _ what: String) throws -> [Int] {
  let parsed = PathPattern(pattern)
  let indices = paths.indices.filter { parsed.matches(paths[$0]) }
  guard !indices.isEmpty else {
    let named = paths.filter { !$0.isEmpty }
    throw HookError.nothingMatches(pattern: pattern, what: what, nearest: nearestNames(to: pattern, among: named))
  }
  return indices
}
