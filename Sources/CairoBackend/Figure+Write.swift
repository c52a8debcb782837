import CPNG
import Foundation
import Plotting

extension Figure {
  /// Writes the figure as a picture, in the format that the path's ending says (.png). Folders are made where they are missing.
  /// The picture stands under its name only once it is whole. `scale` is pixels in a point, `command` what made the picture.
  public func write(to path: String, scale: Double = 2, command: String = "") throws {
    guard (path as NSString).pathExtension.lowercased() == "png" else { throw FigureError.format(path: path) }
    let data = try png(scale: scale, command: command)
    let folder = (path as NSString).deletingLastPathComponent
    let unfinished = path + ".part"
    do {
      if !folder.isEmpty { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
      try data.write(to: URL(filePath: unfinished))
      guard rename(unfinished, path) == 0 else {
        throw FigureError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
      }
    } catch {
      unlink(unfinished)
      if let error = error as? FigureError { throw error }
      throw FigureError.cannotWrite(path: path, reason: "its folder can't be written")
    }
  }

  /// The figure as a PNG. The same figure gives the same bytes: no clock, no name of a machine.
  public func png(scale: Double = 2, command: String = "") throws -> Data {
    let canvas = try CairoCanvas(size: size, pixelsPerPoint: scale)
    draw(on: canvas)
    let (pixels, width, height, stride) = try canvas.finish()
    var texts = [("Title", title), ("Description", description), ("Software", "Rheoscope")]
    if !command.isEmpty { texts.append(("Command", command)) }
    let copies = texts.map { (strdup($0.0)!, strdup($0.1)!) }
    defer {
      for (key, text) in copies {
        free(key)
        free(text)
      }
    }
    let entries = copies.map { png_entry(key: $0.0, text: $0.1) }
    var size = 0
    var problem = [CChar](repeating: 0, count: 128)
    // 72 points to an inch of 0.0254 metres.
    let resolution = UInt32((scale * 72 / 0.0254).rounded())
    guard
      let bytes = png_pack(
        pixels, UInt32(width), UInt32(height), stride, resolution, entries, Int32(entries.count), &size, &problem)
    else {
      throw FigureError.drawing(reason: problem.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
    }
    return withExtendedLifetime(canvas) { Data(bytesNoCopy: bytes, count: size, deallocator: .free) }
  }
}
