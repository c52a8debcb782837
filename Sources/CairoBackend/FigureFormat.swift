import Foundation

/// The file formats of figures.
public enum FigureFormat: String, CaseIterable, Sendable {
  /// Pixels.
  case png
  /// Vector graphics for the web.
  case svg
  /// Vector graphics for print.
  case pdf

  /// The format that the ending of a path names, in upper or lower case; nil if it names none.
  public init?(path: String) { self.init(rawValue: (path as NSString).pathExtension.lowercased()) }
}
