import Foundation
import Support

/// An SVG file of Cairo's, with numbered names and a description added.
struct SVGText {
  private let text: String

  init(_ text: String) { self.text = Self.renumbered(text) }

  /// The file with its title, description and command, and the role of an image for screen readers.
  func described(by metadata: [(key: String, text: String)]) -> String {
    guard let start = text.range(of: "<svg "), let end = text[start.upperBound...].firstIndex(of: ">") else {
      return text
    }
    let texts = Dictionary(metadata.map { ($0.key, $0.text) }, uniquingKeysWith: { $1 })
    var elements = ""
    for (key, element) in [("Title", "title"), ("Description", "desc")] {
      if let text = texts[key] { elements += "\n<\(element)>\(text.escapedForXML)</\(element)>" }
    }
    if let command = texts["Command"] { elements += "\n<metadata>\(command.escapedForXML)</metadata>" }
    return text[..<start.upperBound] + "role=\"img\" " + text[start.upperBound...end] + elements
      + text[text.index(after: end)...]
  }

  /// The file with images and clips numbered from 0, so that the same figure gives the same bytes. Cairo numbers them through the
  /// life of a process; from 1.18 on it names images `source-N`.
  private static func renumbered(_ text: String) -> String {
    ["image", "surface", "source-"].reduce(text) { text, word in
      var numbers: [Substring: Int] = [:]
      // Names follow a quotation mark or a #, neither of which occurs in base64.
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
}
