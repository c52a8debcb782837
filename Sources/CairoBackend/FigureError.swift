import Plotting
import Support

/// What keeps a figure from becoming a file.
public enum FigureError: Error, Equatable, CustomStringConvertible {
  /// The path ends in no format's name.
  case unknownFormat(path: String)
  /// The figure has too many pixels, or none.
  case badSize(width: Double, height: Double)
  /// Drawing failed.
  case drawing(reason: String)
  /// The file can't be written.
  case cannotWrite(path: String, reason: String)

  /// One line: what was wrong, where, and what to do.
  public var description: String {
    switch self {
    case .unknownFormat(let path):
      "\(path): can't tell what to draw; end the name in "
        + FigureFormat.allCases.map { "." + $0.rawValue }.joined(separator: ", ")
    case .badSize(let width, let height):
      "a picture of \(formatFixed(width, decimals: 0)) × \(formatFixed(height, decimals: 0)) pixels can't be drawn; choose a size and a "
        + "scale that give 1 to \(formatFixed(32_767, decimals: 0)) pixels a side"
    case .drawing(let reason):
      "the picture can't be drawn: \(reason)"
    case .cannotWrite(let path, let reason):
      "\(path): can't write the picture (\(reason)); choose a path in a folder that can be written"
    }
  }
}
