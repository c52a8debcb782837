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

/// The names that take the fewest edits (a letter added, left out or changed) to become `name`, at most `count`, nearest
/// first.
package func nearestNames(to name: String, among names: [String], count: Int = 3) -> [String] {
  names.map { ($0, edits(from: name, to: $0)) }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(count).map(\.0)
}

/// How many letters must be added, left out or changed to turn one word into the other (Levenshtein 1965).
package func edits(from word: String, to other: String) -> Int {
  let letters = Array(other.unicodeScalars)
  var previous = Array(0...letters.count)
  for (row, letter) in word.unicodeScalars.enumerated() {
    var current = [row + 1]
    for column in letters.indices {
      current.append(
        min(previous[column + 1] + 1, current[column] + 1, previous[column] + (letter == letters[column] ? 0 : 1)))
    }
    previous = current
  }
  return previous[letters.count]
}
