import Foundation
import Plotting
import Support

extension Figure {
  /// Writes the figure to a file, in the format that the name's ending says.
  ///
  /// Folders are made as needed, nothing stands under the name before it is complete, and the same figure gives the same
  /// bytes. `scale` is how many pixels a unit of 1/96 inch has; 2 is sharp on screens and in print. `command`, the command
  /// line that draws the figure, is kept in the file. `fonts` are this machine's, if nil. Throws a `FigureError`.
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
    do { try AtomicFile.write(data, to: path) } catch {
      throw FigureError.cannotWrite(path: path, reason: error.systemMessage ?? "its folder can't be written")
    }
  }
}

/// What kinds of files figures are written to.
public enum FigureFormat: String, CaseIterable, Sendable {
  /// Pixels.
  case png
  /// Lines and letters for the web.
  case svg
  /// Lines and letters for print.
  case pdf

  /// The kind that a path's ending names; nil if it names none.
  public init?(path: String) { self.init(rawValue: (path as NSString).pathExtension.lowercased()) }
}
