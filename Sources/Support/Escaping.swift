import Foundation

// Text from files, arguments and names is never trusted. Each property escapes it for the target that it goes to.

extension String {
  /// The text for one line in a terminal, a message or a figure: control characters, line breaks and bidirectional controls are shown
  /// as escapes, such as `\u{202E}`, so that a file can't move the cursor, retitle a terminal or reorder what stands beside it. Escaping
  /// twice changes nothing.
  package var escapedForTerminal: String { escaped(where: \.isControl, by: \.visibleEscape) }

  /// The same for several lines: line feeds are kept.
  package var escapedForTerminalLines: String { escaped(where: { $0.isControl && $0 != "\n" }, by: \.visibleEscape) }

  /// The text for an element or an attribute of XML 1.0, such as SVG. Characters that XML does not permit become U+FFFD.
  ///
  /// Source: W3C, "Extensible Markup Language 1.0", fifth edition, production 2.
  package var escapedForXML: String {
    escaped(where: { $0.isMarkup || $0 == "\r" || !$0.isPermittedInXML }) {
      !$0.isPermittedInXML ? "\u{FFFD}" : $0 == "\r" ? "&#13;" : $0.markupEscape
    }
  }

  /// The text for an element or an attribute of HTML. Control characters, but for tabs and line feeds, and bidirectional controls are
  /// shown as escapes, as in a terminal.
  package var escapedForHTML: String {
    escaped(where: { $0.isMarkup || $0.isControl && $0 != "\n" && $0 != "\t" }) {
      $0.isMarkup ? $0.markupEscape : $0.visibleEscape
    }
  }

  /// The text for a paragraph, a heading or a cell of a table in Markdown, in one line: none of it is read as markup or HTML. Control
  /// characters, line breaks and bidirectional controls are shown as escapes, as in a terminal.
  ///
  /// Source: CommonMark 0.31 with GitHub's tables; a backslash before ASCII punctuation makes it a plain character.
  package var escapedForMarkdown: String {
    let escaped = escaped(where: { $0.isControl || Self.markdownMarkup.contains($0) }) {
      $0.isControl ? "\\" + $0.visibleEscape : $0 == "&" || $0 == "<" || $0 == ">" ? $0.markupEscape : "\\\($0)"
    }
    // At the start of a line these are headings, lists and rules; blanks make code.
    let content = escaped.drop { $0 == " " }
    let digits = content.prefix { $0.isASCII && $0.isNumber }
    if let first = content.first, "#+-=".contains(first) { return "\\" + content }
    if !digits.isEmpty, let end = content.dropFirst(digits.count).first, end == "." || end == ")" {
      return String(digits) + "\\" + content.dropFirst(digits.count)
    }
    return String(content)
  }

  /// The text between the quotation marks of a JSON string. Control characters and bidirectional controls are written as \u escapes, so
  /// that the JSON may be shown in a terminal; a parser gives back the same text.
  ///
  /// Source: RFC 8259, section 7.
  package var escapedForJSON: String {
    escaped(where: { $0 == "\"" || $0 == "\\" || $0.isControl }) { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case "\n": "\\n"
      case "\r": "\\r"
      case "\t": "\\t"
      default: String(format: "\\u%04X", scalar.value)
      }
    }
  }

  /// The text as the name of one file: at most 200 bytes, never empty, "." or "..", and not hidden. Control characters, bidirectional
  /// controls, separators and what other systems forbid in names are percent-encoded. Different texts have different names: a name that
  /// would be longer is cut, and ends in a hash of the whole text.
  package var escapedForFileName: String {
    var name = escaped(where: { $0.isControl || Self.notInNames.contains($0) }, by: \.percentEscape)
    // Options of commands, hidden files and, at the end, what Windows drops.
    if let first = name.unicodeScalars.first, ".-~ ".unicodeScalars.contains(first) {
      name = first.percentEscape + name.unicodeScalars.dropFirst().map(String.init).joined()
    }
    if let last = name.unicodeScalars.last, ". ".unicodeScalars.contains(last) {
      name = name.unicodeScalars.dropLast().map(String.init).joined() + last.percentEscape
    }
    if name.isEmpty { return "%" }
    guard name.utf8.count > Self.longestName else { return name }
    let hash = utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    var start = String.UnicodeScalarView(), size = 0
    for scalar in name.unicodeScalars {
      size += UTF8.width(scalar)
      guard size <= Self.longestName - 17 else { break }
      start.append(scalar)
    }
    return String(start) + "%" + String(format: "%016lX", hash)
  }

  private static let longestName = 200
  private static let notInNames = Set("/\\%:*?\"<>|".unicodeScalars)
  private static let markdownMarkup = Set("\\`*_[]<>|~&$".unicodeScalars)

  /// The text with some of its scalars replaced. Most texts have none of these, and are returned as they are.
  private func escaped(where isEscaped: (Unicode.Scalar) -> Bool, by escape: (Unicode.Scalar) -> String) -> String {
    guard unicodeScalars.contains(where: isEscaped) else { return self }
    var result = ""
    result.reserveCapacity(utf8.count + 16)
    for scalar in unicodeScalars {
      if isEscaped(scalar) { result += escape(scalar) } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }
}

extension Unicode.Scalar {
  /// Whether a terminal may act on it: C0, DEL, C1, the separators of lines and paragraphs, and the bidirectional controls of Unicode
  /// Standard Annex 9.
  fileprivate var isControl: Bool {
    switch value {
    case 0x20..<0x7F: false
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  fileprivate var isMarkup: Bool {
    switch self {
    case "&", "<", ">", "\"", "'": true
    default: false
    }
  }

  fileprivate var isPermittedInXML: Bool {
    switch value {
    case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }

  fileprivate var visibleEscape: String {
    switch self {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: "\\u{\(String(value, radix: 16, uppercase: true))}"
    }
  }

  fileprivate var markupEscape: String {
    switch self {
    case "&": "&amp;"
    case "<": "&lt;"
    case ">": "&gt;"
    case "\"": "&quot;"
    default: "&#39;"
    }
  }

  fileprivate var percentEscape: String { String(self).utf8.map { String(format: "%%%02X", $0) }.joined() }
}
