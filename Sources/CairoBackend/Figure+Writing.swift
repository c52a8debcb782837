import Foundation
import Plotting

/// How a figure becomes a file.
public struct FigureStyle {
  /// Its colours; light by default.
  public var theme = Theme.light
  /// How many pixels a unit of 1/96 inch has in a PNG; 2 by default, which is sharp on screens and in print.
  public var scale = 2.0
  /// The command line that draws the figure, which is kept in the file; empty by default.
  public var command = ""
  /// The fonts; this machine's, if nil.
  public var fonts: Fonts?

  /// The default style.
  public init(theme: Theme = .light, scale: Double = 2, command: String = "", fonts: Fonts? = nil) {
    self.theme = theme
    self.scale = scale
    self.command = command
    self.fonts = fonts
  }
}

extension Figure {
  /// Writes the figure to a file whose name ends in one of `FigureFormat`'s. Folders are made as needed, and nothing stands
  /// under the name before it is complete. The same figure gives the same bytes. Throws a `FigureError`.
  public func write(to path: String, _ style: FigureStyle = FigureStyle()) throws {
    guard let format = FigureFormat(path: path) else { throw FigureError.unknownFormat(path: path) }
    let data =
      switch format {
      case .png: try png(style, path: path)
      }
    let folder = (path as NSString).deletingLastPathComponent
    let temporary = path + ".\(ProcessInfo.processInfo.processIdentifier).part"
    do {
      if !folder.isEmpty { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
      try data.write(to: URL(fileURLWithPath: temporary))
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw FigureError.cannotWrite(path: path, reason: reason(of: error))
    }
    guard rename(temporary, path) == 0 else {
      let reason = String(cString: strerror(errno))
      try? FileManager.default.removeItem(atPath: temporary)
      throw FigureError.cannotWrite(path: path, reason: reason)
    }
  }

  private func reason(of error: any Error) -> String {
    let error = error as NSError
    if let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError, underlying.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(underlying.code)))
    }
    return error.localizedDescription
  }
}

/// What kinds of files figures are written to.
public enum FigureFormat: String, CaseIterable, Sendable {
  /// Pixels.
  case png

  /// The kind that a path's ending names; nil if it names none.
  public init?(path: String) { self.init(rawValue: (path as NSString).pathExtension.lowercased()) }
}

/// What keeps a figure from becoming a file.
public enum FigureError: Error, Equatable, CustomStringConvertible {
  /// The path ends in no format's name.
  case unknownFormat(path: String)
  /// The figure has too many pixels, or none.
  case badSize(path: String, width: Double, height: Double, longest: Int)
  /// Drawing failed.
  case drawing(path: String, reason: String)
  /// The file can't be written.
  case cannotWrite(path: String, reason: String)

  /// One line: what was wrong, where, and what to do.
  public var description: String {
    switch self {
    case .unknownFormat(let path):
      "\(path): can't tell what to draw; end the name in "
        + FigureFormat.allCases.map { "." + $0.rawValue }.joined(separator: ", ")
    case .badSize(let path, let width, let height, let longest):
      "\(path): \(plain(width, decimals: 0)) × \(plain(height, decimals: 0)) pixels can't be drawn; choose a size and a scale "
        + "that give 1 to \(plain(Double(longest), decimals: 0)) pixels a side"
    case .drawing(let path, let reason):
      "\(path): the figure could not be drawn (\(reason))"
    case .cannotWrite(let path, let reason):
      "\(path): can't write the figure (\(reason)); choose a path in a folder that can be written"
    }
  }
}
