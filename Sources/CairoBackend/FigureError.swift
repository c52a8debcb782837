import Plotting
import Support

/// An error when a figure is drawn or written.
public enum FigureError: Error, Hashable, CustomStringConvertible {
  /// The path does not end in the name of a format.
  case unknownFormat(path: String)
  /// The figure's size and scale give too many pixels, or none.
  case badSize(width: Double, height: Double)
  /// There is not enough memory for the pixels or the file.
  case outOfMemory(width: Double, height: Double)
  /// Cairo reported a failure that has no other case, with the value of its `cairo_status_t`.
  case drawingFailed(status: Int)
  /// No font of this family is installed.
  case unknownFont(family: String, installed: [String])
  /// The file can't be written.
  case cannotWrite(path: String, reason: String)

  /// One line: what was wrong, where, and what would be right. Control characters of paths are shown as escapes.
  public var description: String { message.escapedForTerminal }

  private var message: String {
    switch self {
    case .unknownFormat(let path):
      "\(path): the name must end in the format of the figure: "
        + FigureFormat.allCases.map { "." + $0.rawValue }.joined(separator: ", ")
    case .badSize(let width, let height):
      "a figure of \(pixels(width, height)) can't be drawn; choose a size and a scale that give 1 to "
        + "\(formatFixed(Double(Figure.largestSide), decimals: 0)) pixels per side"
    case .outOfMemory(let width, let height):
      "there is not enough memory for a figure of \(pixels(width, height)); choose a smaller size or scale"
    case .drawingFailed(let status):
      "the figure can't be drawn: Cairo failed with status \(status); please report it with the code of the figure"
    case .unknownFont(let family, let installed):
      "no font “\(family)” is installed; installed are "
        + (installed.isEmpty ? "none" : installed.prefix(12).joined(separator: ", "))
        + (installed.count > 12 ? " and \(installed.count - 12) more, which fc-list lists" : "")
    case .cannotWrite(let path, let reason):
      "\(path): the figure can't be written (\(reason)); choose a path in a folder where you may write"
    }
  }

  private func pixels(_ width: Double, _ height: Double) -> String {
    "\(formatFixed(width, decimals: 0)) × \(formatFixed(height, decimals: 0)) pixels"
  }
}
