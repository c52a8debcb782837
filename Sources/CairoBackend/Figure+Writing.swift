import Foundation
import Plotting
import Support

extension Figure {
  /// Writes the figure to a PNG, SVG or PDF file; the ending of the path decides which.
  ///
  ///     try figure.write(to: "output/loss.pdf", theme: .dark)
  ///
  /// Folders are created as needed, and a file appears only when it is complete. The same figure gives the same bytes.
  /// - `scale`: the number of pixels per unit of 1/96 inch; 2, the default, is sharp on screens and in print.
  /// - `command`: the command that makes the figure, which the file keeps; empty for none.
  /// - `fonts`: nil for the fonts of this machine.
  ///
  /// Throws a `FigureError` if the ending is unknown, the size is not drawable or the file can't be written.
  public func write(
    to path: String, theme: Theme = .light, scale: Double = 2, command: String = "", fonts: Fonts? = nil
  ) throws {
    guard let format = FigureFormat(path: path) else { throw FigureError.unknownFormat(path: path) }
    let data =
      switch format {
      case .png: try png(theme: theme, scale: scale, command: command, fonts: fonts)
      case .svg: try svg(theme: theme, scale: scale, command: command, fonts: fonts)
      case .pdf: try pdf(theme: theme, scale: scale, command: command, fonts: fonts)
      }
    do throws(POSIXError) {
      try AtomicFile.write(data, to: path)
    } catch {
      throw FigureError.cannotWrite(path: path, reason: pathProblem(error.code, path))
    }
  }

  /// The number of units of a figure per inch.
  static var unitsPerInch: Double { 96 }

  /// The largest number of pixels per side: Cairo's coordinates end there.
  static var largestSide: Int { 32_767 }

  /// The size in whole pixels. Throws a `FigureError` if a side has no pixels or too many.
  func pixelSize(scale: Double) throws(FigureError) -> Size {
    let width = (size.width * scale).rounded(), height = (size.height * scale).rounded()
    let sides = 1...Double(Self.largestSide)
    guard sides.contains(width), sides.contains(height) else { throw .badSize(width: width, height: height) }
    return Size(width: width, height: height)
  }

  /// The entries that describe the figure in a file. Control characters of names in them are shown as escapes.
  func metadata(command: String) -> [(key: String, text: String)] {
    [("Title", title), ("Description", description), ("Software", "Rheoscope"), ("Command", command)]
      .filter { !$0.1.isEmpty }.map { (key: $0, text: $1.escapedForTerminalLines) }
  }
}
