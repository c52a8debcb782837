import Plotting

/// What a terminal can show.
public enum TerminalColors: Sendable, Hashable {
  /// Characters alone, as under `NO_COLOR` or in a pipe.
  case none
  /// Any colour.
  case all
}

/// One line for a terminal, whose colours change only where they must.
struct TerminalLine {
  private let colors: TerminalColors
  private var written = ""
  private var spaces = 0
  private var ink: UInt32?, ground: UInt32?

  init(_ colors: TerminalColors) { self.colors = colors }

  /// What was appended, without spaces at the end, and with colours as they were before.
  var text: String { written + (ink == nil && ground == nil ? "" : "\u{1B}[0m") }

  mutating func append(_ letter: Character, ink: UInt32?) {
    if letter == " " {
      spaces += 1
    } else {
      put(letter, ink: ink, ground: nil)
    }
  }

  /// Two halves of a character, each in its colour, or else a shade of both.
  mutating func append(upper: UInt32, lower: UInt32) {
    if colors == .all { return put("▀", ink: upper, ground: lower) }
    let light = (Color(upper).luminance + Color(lower).luminance) / 2
    // The shade fits what the eye takes for even steps.
    let shades: [Character] = ["█", "▓", "▒", "░", "·"]
    put(shades[min(Int(light.squareRoot() * 5), 4)], ink: nil, ground: nil)
  }

  private mutating func put(_ letter: Character, ink: UInt32?, ground: UInt32?) {
    if colors == .all {
      if ground != self.ground, ground == nil {
        written += "\u{1B}[0m"
        (self.ink, self.ground) = (nil, nil)
      }
      flushSpaces()
      if let ink, ink != self.ink { written += "\u{1B}[38;2;\(parts(ink))m" }
      if let ground, ground != self.ground { written += "\u{1B}[48;2;\(parts(ground))m" }
      (self.ink, self.ground) = (ink ?? self.ink, ground)
    } else {
      flushSpaces()
    }
    written.append(letter)
  }

  private mutating func flushSpaces() {
    written += String(repeating: " ", count: spaces)
    spaces = 0
  }

  private func parts(_ pixel: UInt32) -> String { "\(pixel >> 16 & 0xFF);\(pixel >> 8 & 0xFF);\(pixel & 0xFF)" }
}
