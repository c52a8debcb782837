import Foundation
import Rheoscope

/// What the terminal behind standard output can show.
struct TerminalWindow {
  /// Its width in characters.
  let columns: Int
  /// Its height in characters; nil where there is no window.
  let rows: Int?
  /// The width of a character in pixels.
  let characterWidth: Double
  let colors: TerminalColors
  let theme: Theme
  /// The protocol for pictures; nil if none is known to work.
  let images: InlineImage?

  /// The terminal behind standard output, as `environment` and the system describe it; plain text of 100 characters per line where there
  /// is none. `COLUMNS` and `LINES` give a size where the system knows none.
  init(environment: [String: String]) {
    var size = winsize()
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let hasSize = isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
    columns =
      hasSize ? Int(size.ws_col) : environment["COLUMNS"].flatMap { Int($0) }.map { min(max($0, 20), 500) } ?? 100
    rows =
      hasSize ? Int(size.ws_row) : environment["LINES"].flatMap { Int($0) }.map { min(max($0, 10), 500) }
    characterWidth = hasSize && size.ws_xpixel > 0 ? Double(size.ws_xpixel) / Double(size.ws_col) : 9
    // Source: no-color.org, where an empty value counts as none.
    let isPlain = !isTerminal || !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
    images = isPlain ? nil : InlineImage(environment: environment)
    let isDeep = ["truecolor", "24bit"].contains(environment["COLORTERM"]) || images != nil
    let terminal = environment["TERM"] ?? ""
    colors =
      isPlain
      ? .none : isDeep || terminal.hasSuffix("-direct") ? .all : terminal.contains("256color") ? .palette : .none
    // "foreground;background", in the numbers of the sixteen first colours, of which 7 and 15 are white.
    let ground = environment["COLORFGBG"]?.split(separator: ";").last
    theme = ground == "7" || ground == "15" ? .light : .dark
  }
}
