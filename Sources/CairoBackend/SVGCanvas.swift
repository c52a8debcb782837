import CPNG
import Foundation
import Plotting
import Support

/// A canvas that writes SVG: real text, and images with one pixel per cell. Another canvas measures the text.
///
/// A reader without the font sees another one; `textLength` keeps the width of each line of text in scripts whose letters stand alone.
final class SVGCanvas: Canvas {
  let resolution: Double
  let scalesImages = true
  private let ruler: any Canvas
  private var elements = ""
  private var clips = 0

  /// An empty canvas; patterns have `resolution` pixels per unit.
  init(measuringWith ruler: any Canvas, resolution: Double) {
    self.ruler = ruler
    self.resolution = resolution
  }

  /// The file. Title and description are those of a screen reader; control characters of texts are shown as escapes already.
  func document(
    size: Size, family: String, title: String, description: String, command: String
  ) -> String {
    let parts = [("title", "title", title), ("desc", "description", description)].filter { !$0.2.isEmpty }
    let labels = parts.isEmpty ? "" : " aria-labelledby=\"\(parts.map(\.1).joined(separator: " "))\""
    let texts = parts.map { "<\($0.0) id=\"\($0.1)\">\($0.2.escapedForXML)</\($0.0)>\n" }.joined()
    let metadata = command.isEmpty ? "" : "<metadata>\(command.escapedForXML)</metadata>\n"
    let (width, height) = (number(size.width), number(size.height))
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      role="img"\(labels) font-family="\(families(family))" stroke-linejoin="round" fill="none">
      \(texts)\(metadata)\(elements)</svg>

      """
  }

  /// The font, then those of other systems whose letters are about as wide.
  private func families(_ family: String) -> String {
    ([family] + ["DejaVu Sans", "Verdana", "sans-serif"].filter { $0 != family }).map {
      $0 == "sans-serif" ? $0 : "'\($0.replacing("'", with: "").escapedForXML)'"
    }.joined(separator: ", ")
  }

  func measure(_ text: String, _ font: Font) -> TextExtent { ruler.measure(text, font) }

  func fill(_ rectangle: Rectangle, _ color: Color) {
    guard rectangle.isFinite else { return }
    elements += "<rect \(frame(rectangle))\(paint("fill", color))/>\n"
  }

  func fill(_ polygon: [Point], _ color: Color) {
    guard polygon.count > 2, polygon.allSatisfy(\.isFinite) else { return }
    elements += "<path d=\"\(path(polygon))Z\"\(paint("fill", color))/>\n"
  }

  func stroke(_ line: [Point], _ stroke: Stroke) {
    guard let first = line.first, line.allSatisfy(\.isFinite) else { return }
    let dash =
      stroke.dash.isEmpty
      ? " stroke-linecap=\"round\"" : " stroke-dasharray=\"\(stroke.dash.map(number).joined(separator: " "))\""
    elements +=
      "<path d=\"\(path(line.count == 1 ? [first, first] : line))\"\(paint("stroke", stroke.color)) "
      + "stroke-width=\"\(number(stroke.width))\"\(dash)/>\n"
  }

  func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rotated: Bool) {
    guard point.isFinite, !text.isEmpty else { return }
    let (x, y) = (number(point.x), number(point.y))
    let turn = rotated ? " transform=\"rotate(-90 \(x) \(y))\"" : ""
    // Letters of other scripts join, or stand in another order.
    let length =
      text.unicodeScalars.allSatisfy { $0.value < 0x590 || (0x2000..<0x2E80).contains($0.value) }
      ? " textLength=\"\(number(measure(text, font).width))\"" : ""
    elements +=
      "<text x=\"\(x)\" y=\"\(y)\"\(turn) font-size=\"\(number(font.size))\"\(font.isBold ? " font-weight=\"bold\"" : "")"
      + "\(length)\(paint("fill", color))>\(text.escapedForXML)</text>\n"
  }

  func image(_ image: PixelImage, in rectangle: Rectangle) {
    guard rectangle.isFinite, rectangle.width > 0, rectangle.height > 0, let data = png(image) else { return }
    elements +=
      "<image \(frame(rectangle)) preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" "
      + "href=\"data:image/png;base64,\(data.base64EncodedString())\"/>\n"
  }

  func clip(to rectangle: Rectangle, _ body: () -> Void) {
    guard rectangle.isFinite else { return }
    let name = "clip\(clips)"
    clips += 1
    elements += "<clipPath id=\"\(name)\"><rect \(frame(rectangle))/></clipPath>\n<g clip-path=\"url(#\(name))\">\n"
    body()
    elements += "</g>\n"
  }

  private func png(_ image: PixelImage) -> Data? {
    var size = 0
    let bytes = image.pixels.withUnsafeBytes { pixels in
      png_pack(
        pixels.bindMemory(to: UInt8.self).baseAddress!, UInt32(image.width), UInt32(image.height), image.width * 4,
        3780,
        [], 0, &size)
    }
    return bytes.map { Data(bytesNoCopy: $0, count: size, deallocator: .free) }
  }

  private func frame(_ rectangle: Rectangle) -> String {
    "x=\"\(number(rectangle.left))\" y=\"\(number(rectangle.top))\" width=\"\(number(rectangle.width))\" "
      + "height=\"\(number(rectangle.height))\""
  }

  private func path(_ points: [Point]) -> String {
    "M" + points.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: "L")
  }

  private func paint(_ name: String, _ color: Color) -> String {
    let digits = String(color.pixel & 0xFF_FFFF, radix: 16)
    let hex = String(repeating: "0", count: 6 - digits.count) + digits
    return " \(name)=\"#\(hex)\"" + (color.opacity < 1 ? " \(name)-opacity=\"\(number(color.opacity))\"" : "")
  }

  /// A number with at most two decimals.
  private func number(_ value: Double) -> String {
    let hundredths = Int((min(max(value, -1e7), 1e7) * 100).rounded())
    guard hundredths % 100 != 0 else { return "\(hundredths / 100)" }
    let fraction = abs(hundredths % 100),
      digits = fraction % 10 == 0 ? "\(fraction / 10)" : fraction < 10 ? "0\(fraction)" : "\(fraction)"
    return (hundredths < 0 ? "-" : "") + "\(abs(hundredths / 100)).\(digits)"
  }
}
