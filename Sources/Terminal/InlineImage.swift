import CairoBackend
import Foundation
import Plotting

/// A protocol by which terminals show images between lines of text.
public enum InlineImage: String, CaseIterable, Sendable {
  /// The kitty graphics protocol; also in Ghostty and WezTerm.
  case kitty
  /// The iTerm2 protocol; also in WezTerm and VS Code.
  case iTerm2 = "iterm2"
  /// DEC's sixel format; also in foot, mlterm, Contour and Konsole.
  case sixel

  /// The protocol of the terminal that the environment variables `TERM`, `TERM_PROGRAM`, `KITTY_WINDOW_ID` and `KONSOLE_VERSION`
  /// describe; nil for a terminal that is not known to show images.
  public init?(environment: [String: String]) {
    let program = environment["TERM_PROGRAM"] ?? "", terminal = environment["TERM"] ?? ""
    if environment["KITTY_WINDOW_ID"] != nil || terminal == "xterm-kitty" || program == "ghostty" {
      self = .kitty
    } else if program == "iTerm.app" || program == "WezTerm" || program == "vscode" {
      self = .iTerm2
    } else if ["foot", "mlterm", "contour", "yaft"].contains(where: terminal.hasPrefix) || terminal.contains("sixel")
      || environment["KONSOLE_VERSION"] != nil
    {
      self = .sixel
    } else {
      return nil
    }
  }

  /// The characters that make a terminal show a figure, with one pixel per unit of 1/96 inch. `fonts`: nil for the fonts of this
  /// machine. Throws a `FigureError` if the size is not drawable.
  public func escapeSequence(
    for figure: Figure, theme: Theme = .dark, fonts: Fonts? = nil
  ) throws(FigureError) -> String {
    switch self {
    case .kitty: return kittyEscape(png: try figure.png(theme: theme, scale: 1, fonts: fonts))
    case .iTerm2: return iTerm2Escape(png: try figure.png(theme: theme, scale: 1, fonts: fonts))
    case .sixel:
      let raster = try Raster(figure, theme: theme, scale: 1, fonts: fonts)
      return Sixel(rows: (0..<raster.height).map(raster.row)).escapeSequence
    }
  }
}

/// The iTerm2 escape sequence for a PNG file.
package func iTerm2Escape(png: Data) -> String {
  "\u{1B}]1337;File=inline=1;size=\(png.count);preserveAspectRatio=1:\(png.base64EncodedString())\u{07}\n"
}

/// The kitty escape sequence for a PNG file, in chunks of at most 4096 bytes.
package func kittyEscape(png: Data) -> String {
  let bytes = Array(png.base64EncodedString().utf8)
  let starts = Array(stride(from: 0, to: bytes.count, by: 4096))
  return starts.map { start in
    let piece = String(decoding: bytes[start..<min(start + 4096, bytes.count)], as: UTF8.self)
    let more = start == starts.last ? 0 : 1
    return "\u{1B}_G" + (start == 0 ? "a=T,f=100,m=\(more)" : "m=\(more)") + ";\(piece)\u{1B}\\"
  }.joined() + "\n"
}
