import Foundation

/// A JSON object whose values are numbers, strings or words such as true: its keys and values in order, repeated ones too.
///
/// Foundation's decoders keep one of several equal keys and, on Linux, don't say where a mistake is.
struct FlatObject {
  private(set) var pairs: [(name: String, value: String)] = []

  /// Where the text ceases to be such an object, from line 1 and column 1, and what should stand there.
  struct Mistake: Error {
    let line, column: Int
    let expected: String
  }

  private let text: [Character]
  private var place = 0

  /// Reads it from UTF-8.
  init(_ data: Data) throws(Mistake) {
    text = Array(String(decoding: data, as: UTF8.self))
    try take("{")
    if next == "}" {
      place += 1
    } else {
      repeat {
        let name = try string()
        try take(":")
        pairs.append((name, try value()))
      } while try isFollowed(by: ",", orEndedBy: "}")
    }
    if next != nil { throw mistake("the end of the file") }
  }

  /// The next character that is not blank; nil at the end.
  private var next: Character? {
    mutating get {
      while place < text.count, text[place].isWhitespace { place += 1 }
      return place < text.count ? text[place] : nil
    }
  }

  private mutating func take(_ character: Character) throws(Mistake) {
    guard next == character else { throw mistake("“\(character)”") }
    place += 1
  }

  private mutating func isFollowed(by comma: Character, orEndedBy end: Character) throws(Mistake) -> Bool {
    guard let character = next, [comma, end].contains(character) else { throw mistake("“\(comma)” or “\(end)”") }
    place += 1
    return character == comma
  }

  private mutating func string() throws(Mistake) -> String {
    guard next == "\"" else { throw mistake("a name in double quotes") }
    let begin = place
    place += 1
    while place < text.count, text[place] != "\"" { place += text[place] == "\\" ? 2 : 1 }
    guard place < text.count else { throw mistake("“\"”") }
    place += 1
    // Escapes such as \u0064 are Foundation's to read.
    guard let word = try? JSONDecoder().decode(String.self, from: Data(String(text[begin..<place]).utf8)) else {
      place = begin
      throw mistake("a name in double quotes")
    }
    return word
  }

  private mutating func value() throws(Mistake) -> String {
    if next == "\"" { return try string() }
    let begin = place
    while place < text.count, text[place].isLetter || text[place].isNumber || "+-.".contains(text[place]) { place += 1 }
    let word = String(text[begin..<place])
    // Numbers are written as JSON has them, so not as 07 or .5.
    guard (try? JSONSerialization.jsonObject(with: Data(word.utf8), options: .fragmentsAllowed)) != nil else {
      place = begin
      throw mistake("a number")
    }
    return word
  }

  private func mistake(_ expected: String) -> Mistake {
    let before = text[..<min(place, text.count)], line = before.split(separator: "\n", omittingEmptySubsequences: false)
    return Mistake(line: line.count, column: (line.last?.count ?? 0) + 1, expected: expected)
  }
}
