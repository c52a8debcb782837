import Foundation
import Rheoscope

/// What the terminal behind standard output can show.
struct TerminalWindow {
  /// Its size in characters.
  let columns, rows: Int
  /// The width of a character in pixels.
  let characterWidth: Double
  let colors: TerminalColors
  let theme: Theme
  /// The protocol for pictures; nil if none is known to work.
  let images: InlineImage?

  /// The terminal behind standard output, as `environment` and the system describe it; plain text of 100 × 30 characters where
  /// there is none.
  init(environment: [String: String]) {
    var size = winsize()
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let hasSize = isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
    columns =
      hasSize ? Int(size.ws_col) : environment["COLUMNS"].flatMap { Int($0) }.map { min(max($0, 20), 500) } ?? 100
    rows = hasSize ? Int(size.ws_row) : 30
    characterWidth = hasSize && size.ws_xpixel > 0 ? Double(size.ws_xpixel) / Double(size.ws_col) : 9
    // Source: no-color.org, where an empty value counts as none.
    let isPlain = !isTerminal || !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
    images = isPlain ? nil : InlineImage(environment: environment)
    let isDeep = ["truecolor", "24bit"].contains(environment["COLORTERM"]) || images != nil
    colors = !isPlain && (isDeep || environment["TERM"]?.hasSuffix("-direct") == true) ? .all : .none
    // "foreground;background", in the numbers of the sixteen first colours, of which 7 and 15 are white.
    let ground = environment["COLORFGBG"]?.split(separator: ";").last
    theme = ground == "7" || ground == "15" ? .light : .dark
  }
}
