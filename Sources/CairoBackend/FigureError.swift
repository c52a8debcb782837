/// Why a figure can't be written.
public enum FigureError: Error, CustomStringConvertible {
  case size(width: Double, height: Double)
  case drawing(reason: String)
  case format(path: String)
  case cannotWrite(path: String, reason: String)

  /// What was wrong, and what would be right.
  public var description: String {
    switch self {
    case .size(let width, let height):
      "a picture of \(Int(width)) × \(Int(height)) pixels can't be drawn, each side has 1 to 32767; choose another size or scale"
    case .drawing(let reason): "the picture can't be drawn: \(reason)"
    case .format(let path): "\(path) has no ending that is known; give it .png"
    case .cannotWrite(let path, let reason):
      "the picture \(path) can't be written: \(reason); choose a folder that can be written"
    }
  }
}
