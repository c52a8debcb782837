import Foundation
import Plotting

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
    let folder = (path as NSString).deletingLastPathComponent
    let temporary = path + ".\(ProcessInfo.processInfo.processIdentifier).part"
    do {
      if !folder.isEmpty { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
      try data.write(to: URL(fileURLWithPath: temporary))
    } catch {
      unlink(temporary)
      throw FigureError.cannotWrite(path: path, reason: reason(of: error))
    }
    guard rename(temporary, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      throw FigureError.cannotWrite(path: path, reason: reason)
    }
  }

  private func reason(of error: any Error) -> String {
    let error = error as NSError
    if let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError, underlying.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(underlying.code)))
    }
    return "its folder can't be written"
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
