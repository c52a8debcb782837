import Plotting

/// The colours that a terminal shows.
public enum TerminalColors: Sendable, Hashable {
  /// No colours, as with `NO_COLOR` or in a pipe.
  case none
  /// The 256 colours of xterm.
  case palette
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
    if colors != .none { return put("▀", foreground: upper, background: lower) }
    let light = (Color(upper).luminance + Color(lower).luminance) / 2
    // The square root of luminance is roughly uniform for the eye.
    let shades: [Character] = ["█", "▓", "▒", "░", "·"]
    put(shades[min(Int(light.squareRoot() * 5), 4)], foreground: nil, background: nil)
  }

  private mutating func put(_ letter: Character, foreground: UInt32?, background: UInt32?) {
    if colors != .none {
      if background != self.background, background == nil {
        written += "\u{1B}[0m"
        (self.foreground, self.background) = (nil, nil)
      }
      flushSpaces()
      if let foreground, foreground != self.foreground { written += code(38, foreground) }
      if let background, background != self.background { written += code(48, background) }
      (self.foreground, self.background) = (foreground ?? self.foreground, background)
    } else {
      flushSpaces()
    }
    written.append(letter)
  }

  private mutating func flushSpaces() {
    // Spaces have no colour, so that of a cell before them ends.
    if spaces > 0, background != nil {
      written += "\u{1B}[0m"
      (foreground, background) = (nil, nil)
    }
    written += String(repeating: " ", count: spaces)
    spaces = 0
  }

  /// The escape sequence for a colour of letters, 38, or of the background, 48.
  private func code(_ layer: Int, _ pixel: UInt32) -> String {
    let parts = [16, 8, 0].map { Int(pixel >> UInt32($0) & 0xFF) }
    return colors == .palette
      ? "\u{1B}[\(layer);5;\(paletteIndex(parts))m" : "\u{1B}[\(layer);2;\(parts[0]);\(parts[1]);\(parts[2])m"
  }
}

/// The colour of xterm's 256 that is nearest to red, green and blue from 0 to 255: one of a cube of 6 × 6 × 6, or one of 24 greys.
private func paletteIndex(_ parts: [Int]) -> Int {
  let levels = [0, 95, 135, 175, 215, 255]
  let cube = parts.map { part in levels.indices.min { abs(levels[$0] - part) < abs(levels[$1] - part) }! }
  let grey = min(max((parts.reduce(0, +) / 3 - 3) / 10, 0), 23)
  func distance(_ other: [Int]) -> Int { zip(parts, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
  return distance(cube.map { levels[$0] }) <= distance([Int](repeating: 8 + 10 * grey, count: 3))
    ? 16 + 36 * cube[0] + 6 * cube[1] + cube[2] : 232 + grey
}
