import Foundation
import Support
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct EscapingTests {
  /// Every control character of C0 and C1, DEL, the separators of lines and paragraphs, and every bidirectional control.
  private static let controls: [Unicode.Scalar] =
    (Array(0..<0x20) + Array(0x7F..<0xA0) + [0x061C, 0x200E, 0x200F] + Array(0x2028...0x202E)
    + Array(0x2066...0x2069)).map { Unicode.Scalar($0 as UInt32)! }

  private static func text(_ scalar: Unicode.Scalar) -> String { "a\(scalar)b" }

  @Test func terminal() {
    for scalar in Self.controls {
      let escaped = Self.text(scalar).escapedForTerminal
      #expect(escaped.unicodeScalars.allSatisfy { !Self.controls.contains($0) }, "U+\(scalar.value)")
      #expect(escaped.hasPrefix("a\\") && escaped.hasSuffix("b") && escaped.escapedForTerminal == escaped)
    }
    #expect("\u{1B}]0;title\u{7}".escapedForTerminal == "\\u{1B}]0;title\\u{7}")
    #expect("\u{202E}x\u{9B}2J\r\n".escapedForTerminal == "\\u{202E}x\\u{9B}2J\\r\\n")
    #expect("a\r\nb".escapedForTerminalLines == "a\\r\nb" && "a\tb\nc".escapedForTerminalLines == "a\\tb\nc")
    for plain in ["", "loss", "层 梯度", "الخسارة", "‖ΔW‖ ×10⁻³", "a\\nb"] { #expect(plain.escapedForTerminal == plain) }
  }

  @Test func xml() {
    for scalar in Self.controls + ["\u{FFFE}", "\u{FFFF}", "&", "<", ">", "\"", "'"] {
      let text = Self.text(scalar)
      let parser = XMLParser(data: Data("<x y=\"\(text.escapedForXML)\">\(text.escapedForXML)</x>".utf8))
      let reader = TextOfElements()
      parser.delegate = reader
      #expect(parser.parse(), "U+\(scalar.value)")
      let isPermitted = scalar.value >= 0x20 && scalar.value < 0xFFFE || ["\t", "\n", "\r"].contains(scalar)
      #expect(reader.text.unicodeScalars.elementsEqual((isPermitted ? text : "a\u{FFFD}b").unicodeScalars))
    }
  }

  @Test func html() {
    for scalar in Self.controls where scalar != "\n" && scalar != "\t" {
      let escaped = Self.text(scalar).escapedForHTML
      #expect(escaped.unicodeScalars.allSatisfy { !Self.controls.contains($0) }, "U+\(scalar.value)")
    }
    #expect("<b onclick='x'>&\"\n".escapedForHTML == "&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;\n")
  }

  @Test func markdown() {
    for scalar in Self.controls {
      let escaped = Self.text(scalar).escapedForMarkdown
      #expect(escaped.unicodeScalars.allSatisfy { !Self.controls.contains($0) }, "U+\(scalar.value)")
      #expect(escaped.hasPrefix("a\\\\"), "the backslash of an escape is plain text")
    }
    #expect("a|b".escapedForMarkdown == "a\\|b" && "[x](y)".escapedForMarkdown == "\\[x\\](y)")
    #expect("**bold** _it_ `c` ~~s~~".escapedForMarkdown == "\\*\\*bold\\*\\* \\_it\\_ \\`c\\` \\~\\~s\\~\\~")
    #expect("<script>&amp;".escapedForMarkdown == "&lt;script&gt;&amp;amp;")
    for (start, escaped) in [
      ("# x", "\\# x"), ("- x", "\\- x"), ("+ x", "\\+ x"), ("=", "\\="), ("1. x", "1\\. x"), ("12) x", "12\\) x"),
      ("    code", "code"), ("3 layers", "3 layers"), ("1e-3", "1e-3"),
    ] {
      #expect(start.escapedForMarkdown == escaped)
    }
  }

  @Test func json() throws {
    for scalar in Self.controls + ["\"", "\\", "/", "\u{1F600}"] {
      let text = Self.text(scalar), json = "[\"\(text.escapedForJSON)\"]"
      #expect(json.unicodeScalars.allSatisfy { !Self.controls.contains($0) }, "U+\(scalar.value)")
      let read = try JSONDecoder().decode([String].self, from: Data(json.utf8))
      #expect(read[0].unicodeScalars.elementsEqual(text.unicodeScalars), "U+\(scalar.value)")
      #expect(try StrictJSON(Data(json.utf8)).root.elements[0].string.unicodeScalars.elementsEqual(text.unicodeScalars))
    }
  }

  @Test func fileNames() {
    var names = Set<String>()
    for scalar in Self.controls + Array("/\\%:*?\"<>|".unicodeScalars) {
      let name = Self.text(scalar).escapedForFileName
      #expect(name.unicodeScalars.allSatisfy { !Self.controls.contains($0) && $0 != "/" && $0 != "\\" })
      #expect(names.insert(name).inserted, "U+\(scalar.value)")
    }
    for (text, name) in [
      ("", "%"), (".", "%2E"), ("..", "%2E%2E"), (".hidden", "%2Ehidden"), ("-rf", "%2Drf"),
      ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
      ("batch norm, depth 50", "batch norm, depth 50"), ("层", "层"), ("a.", "a%2E"), ("~", "%7E"),
    ] {
      #expect(text.escapedForFileName == name)
    }
    let long = String(repeating: "层", count: 200), other = long + "x"
    #expect(long.escapedForFileName.utf8.count <= 200 && other.escapedForFileName.utf8.count <= 200)
    #expect(long.escapedForFileName != other.escapedForFileName && long.escapedForFileName.hasPrefix("层层"))
  }
}

/// The text of the elements that a parser finds.
private final class TextOfElements: NSObject, XMLParserDelegate {
  var text = ""
  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
