import Foundation
import Plotting
import Support

/// A canvas that records the drawing calls, one line per call. Its text metrics are the same on every machine.
public final class RecordingCanvas: Canvas {
  /// The calls in order, with lengths to a tenth of a unit.
  public private(set) var calls: [String] = []
  /// Every text with its bounding box.
  public private(set) var texts: [(text: String, box: Rectangle)] = []
  /// One pixel per unit.
  public let resolution = 1.0
  private var depth = 0

  /// A canvas without calls.
  public init() {}

  /// All calls as one text.
  public var transcript: String { calls.joined(separator: "\n") + "\n" }

  /// The size of a text whose letters are 0.6 em wide, or 1 em from the East Asian ones on.
  public func measure(_ text: String, _ font: Font) -> TextExtent {
    let ems = text.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x2E80 ? 1 : 0.6) }
    return TextExtent(width: ems * font.size, ascent: font.size * 0.93, descent: font.size * 0.24)
  }

  /// Records a filled rectangle.
  public func fill(_ rectangle: Rectangle, _ color: Color) { record("fill", describe(rectangle), describe(color)) }

  /// Records a filled polygon.
  public func fill(_ polygon: [Point], _ color: Color) { record("fill", describe(polygon), describe(color)) }

  /// Records a line.
  public func stroke(_ line: [Point], _ stroke: Stroke) {
    let dash = stroke.dash.isEmpty ? "" : " dash " + stroke.dash.map(number).joined(separator: ",")
    record("stroke", describe(line), describe(stroke.color), number(stroke.width) + dash)
  }

  /// Records a text and its bounding box.
  public func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rotated: Bool) {
    let extent = measure(text, font)
    let box =
      rotated
      ? Rectangle(
        left: point.x - extent.ascent, top: point.y - extent.width, width: extent.height, height: extent.width)
      : Rectangle(left: point.x, top: point.y - extent.ascent, width: extent.width, height: extent.height)
    texts.append((text, box))
    record(
      "text", "\"\(text)\"", describe([point]), number(font.size) + (font.isBold ? " bold" : ""), describe(color),
      rotated ? "rising" : "")
  }

  /// Records an image: its size, a hash of its pixels, and its rectangle.
  public func image(_ image: PixelImage, in rectangle: Rectangle) {
    let hash = image.pixels.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    record("image", "\(image.width)×\(image.height)", String(hash, radix: 16), describe(rectangle))
  }

  /// Records a clip, and indents the calls inside.
  public func clip(to rectangle: Rectangle, _ body: () -> Void) {
    record("clip", describe(rectangle))
    depth += 1
    body()
    depth -= 1
  }

  private func record(_ parts: String...) {
    calls.append(String(repeating: "  ", count: depth) + parts.filter { !$0.isEmpty }.joined(separator: " "))
  }

  private func number(_ value: Double) -> String {
    guard value.isFinite else { stop("RecordingCanvas", "the coordinate \(value) is not finite") }
    let text = String(format: "%.1f", value)
    return text == "-0.0" ? "0.0" : text
  }

  private func describe(_ rectangle: Rectangle) -> String {
    "[\(number(rectangle.left)),\(number(rectangle.top)) \(number(rectangle.width))×\(number(rectangle.height))]"
  }

  /// All points if there are at most 12, else the first and last three, their count and a hash of all.
  private func describe(_ points: [Point]) -> String {
    let texts = points.map { number($0.x) + "," + number($0.y) }
    guard texts.count > 12 else { return texts.joined(separator: " ") }
    let hash = texts.joined(separator: " ").utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
      ($0 ^ UInt64($1)) &* 1_099_511_628_211
    }
    return (texts.prefix(3) + ["… (\(texts.count) points, \(String(hash, radix: 16))) …"] + texts.suffix(3))
      .joined(separator: " ")
  }

  private func describe(_ color: Color) -> String {
    String(format: "#%06X", color.pixel & 0xFF_FFFF) + (color.opacity == 1 ? "" : "@\(number(color.opacity * 100))%")
  }
}
