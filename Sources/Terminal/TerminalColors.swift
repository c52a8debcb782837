import Plotting

/// The colours that a terminal shows.
public enum TerminalColors: Sendable, Hashable {
  /// No colours, as with `NO_COLOR` or in a pipe.
  case none
  /// 24-bit colours.
  case all
}

/// One line of text with colours. Escape sequences are written only where a colour changes.
struct TerminalLine {
  private let colors: TerminalColors
  private var written = ""
  private var spaces = 0
  private var foreground: UInt32?, background: UInt32?

  init(_ colors: TerminalColors) { self.colors = colors }

  /// The line without spaces at its end. It ends in a reset if it has colours.
  var text: String { written + (foreground == nil && background == nil ? "" : "\u{1B}[0m") }

  /// Appends a character in a colour.
  mutating func append(_ letter: Character, color: UInt32?) {
    if letter == " " {
      spaces += 1
    } else {
      put(letter, foreground: color, background: nil)
    }
  }

  /// Appends a half block with two colours, or, without colours, a shade for the mean luminance.
  mutating func append(upper: UInt32, lower: UInt32) {
    if colors == .all { return put("▀", foreground: upper, background: lower) }
    let light = (Color(upper).luminance + Color(lower).luminance) / 2
    // The square root of luminance is roughly uniform for the eye.
    let shades: [Character] = ["█", "▓", "▒", "░", "·"]
    put(shades[min(Int(light.squareRoot() * 5), 4)], foreground: nil, background: nil)
  }

  private mutating func put(_ letter: Character, foreground: UInt32?, background: UInt32?) {
    if colors == .all {
      if background != self.background, background == nil {
        written += "\u{1B}[0m"
        (self.foreground, self.background) = (nil, nil)
      }
      flushSpaces()
      if let foreground, foreground != self.foreground { written += "\u{1B}[38;2;\(components(foreground))m" }
      if let background, background != self.background { written += "\u{1B}[48;2;\(components(background))m" }
      (self.foreground, self.background) = (foreground ?? self.foreground, background)
    } else {
      flushSpaces()
    }
    written.append(letter)
  }

  private mutating func flushSpaces() {
    written += String(repeating: " ", count: spaces)
    spaces = 0
  }

  private func components(_ pixel: UInt32) -> String { "\(pixel >> 16 & 0xFF);\(pixel >> 8 & 0xFF);\(pixel & 0xFF)" }
}
