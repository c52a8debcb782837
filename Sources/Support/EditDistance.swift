/// The names with the smallest edit distance to `name`, at most `count`, nearest first; equal distances in alphabetical order.
package func nearestNames(to name: String, among names: [String], count: Int = 3) -> [String] {
  names.map { ($0, editDistance(from: name, to: $0)) }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(count).map(\.0)
}

/// The number of Unicode scalars that must be inserted, deleted or substituted to turn one string into the other.
///
/// Source: Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals", 1965.
package func editDistance(from word: String, to other: String) -> Int {
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
