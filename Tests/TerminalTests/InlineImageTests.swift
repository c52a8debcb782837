import CairoBackend
import Foundation
import Terminal
import Testing

@Suite struct InlineImageTests {
  @Test func theEnvironmentNamesTheProtocol() {
    #expect(InlineImage(environment: ["TERM": "xterm-kitty"]) == .kitty)
    #expect(InlineImage(environment: ["TERM_PROGRAM": "ghostty", "TERM": "xterm-256color"]) == .kitty)
    #expect(InlineImage(environment: ["TERM_PROGRAM": "iTerm.app"]) == .iTerm2)
    #expect(InlineImage(environment: ["TERM": "foot-extra"]) == .sixel)
    #expect(InlineImage(environment: ["TERM": "xterm-sixel"]) == .sixel)
    #expect(InlineImage(environment: ["TERM": "xterm-256color"]) == nil && InlineImage(environment: [:]) == nil)
  }

  @Test func imagesAreEncoded() {
    #expect(
      iTerm2Escape(png: Data([1, 2, 3]))
        == "\u{1B}]1337;File=inline=1;size=3;preserveAspectRatio=1:AQID\u{07}\n")
    #expect(kittyEscape(png: Data([1, 2, 3])) == "\u{1B}_Ga=T,f=100,m=0;AQID\u{1B}\\\n")
    let long = kittyEscape(png: Data(count: 9000)),
      pieces = long.components(separatedBy: "\u{1B}_G").dropFirst()
    #expect(pieces.count == 3 && pieces.first!.hasPrefix("a=T,f=100,m=1;") && pieces.last!.hasPrefix("m=0;"))
  }
}
