import Foundation

/// An SVG file as Cairo writes it, on its way to one that reads well.
struct SVGText {
  private let text: String

  init(_ text: String) { self.text = Self.renumbered(text) }

  /// The file with what it shows in words, for readers and for those who can't see it.
  func described(by labels: [(String, String)]) -> String {
    guard let start = text.range(of: "<svg "), let end = text[start.upperBound...].firstIndex(of: ">") else {
      return text
    }
    let words = Dictionary(labels, uniquingKeysWith: { $1 })
    var elements = ""
    for (label, element) in [("Title", "title"), ("Description", "desc")] {
      if let word = words[label] { elements += "\n<\(element)>\(Self.escaped(word))</\(element)>" }
    }
    if let command = words["Command"] { elements += "\n<metadata>\(Self.escaped(command))</metadata>" }
    return text[..<start.upperBound] + "role=\"img\" " + text[start.upperBound...end] + elements
      + text[text.index(after: end)...]
  }

  /// Cairo numbers images and clips through the life of a process; here they are numbered from 0, so that the same figure
  /// gives the same bytes.
  private static func renumbered(_ text: String) -> String {
    ["image", "surface"].reduce(text) { text, word in
      var numbers: [Substring: Int] = [:]
      // Names stand after a quotation mark or a #, which pixels in letters have none of.
      return ["\"" + word, "#" + word].reduce(text) { text, mark in
        let parts = text.components(separatedBy: mark)
        return parts[0]
          + parts.dropFirst().map { part in
            let digits = part.prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty else { return mark + part }
            let number = numbers[digits] ?? numbers.count
            numbers[digits] = number
            return mark + "\(number)" + part.dropFirst(digits.count)
          }.joined()
      }
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
