import Foundation
import Support

/// A canvas that writes down what is drawn on it, one line a call, for tests. Its text metrics are the same everywhere.
public final class RecordingCanvas: Canvas {
  /// The calls, in order; lengths to a tenth of a unit.
  public private(set) var calls: [String] = []
  /// Every text with the box that it fills.
  public private(set) var texts: [(text: String, box: Rectangle)] = []
  /// One pixel a unit.
  public let resolution = 1.0
  private var depth = 0

  /// An empty canvas.
  public init() {}

  /// All calls as one text.
  public var transcript: String { calls.joined(separator: "\n") + "\n" }

  /// Every letter is 0.6 em wide, and one em from the first East Asian ones on.
  public func measure(_ text: String, _ font: Font) -> TextExtent {
    let ems = text.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x2E80 ? 1 : 0.6) }
    return TextExtent(width: ems * font.size, ascent: font.size * 0.93, descent: font.size * 0.24)
  }

  /// Notes a filled rectangle.
  public func fill(_ rectangle: Rectangle, _ color: Color) { note("fill", describe(rectangle), describe(color)) }

  /// Notes a filled polygon.
  public func fill(_ polygon: [Point], _ color: Color) { note("fill", describe(polygon), describe(color)) }

  /// Notes a line.
  public func stroke(_ line: [Point], _ stroke: Stroke) {
    let dash = stroke.dash.isEmpty ? "" : " dash " + stroke.dash.map(number).joined(separator: ",")
    note("stroke", describe(line), describe(stroke.color), number(stroke.width) + dash)
  }

  /// Notes a text, and keeps its box.
  public func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rising: Bool) {
    let extent = measure(text, font)
    let box =
      rising
      ? Rectangle(
        left: point.x - extent.ascent, top: point.y - extent.width, width: extent.height, height: extent.width)
      : Rectangle(left: point.x, top: point.y - extent.ascent, width: extent.width, height: extent.height)
    texts.append((text, box))
    note(
      "text", "\"\(text)\"", describe([point]), number(font.size) + (font.isBold ? " bold" : ""), describe(color),
      rising ? "rising" : "")
  }

  /// Notes an image: its size, a hash of its pixels and its place.
  public func image(_ image: PixelImage, in rectangle: Rectangle) {
    let hash = image.pixels.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    note("image", "\(image.width)×\(image.height)", String(hash, radix: 16), describe(rectangle))
  }

  /// Notes a clip; what is drawn in it is indented.
  public func clip(to rectangle: Rectangle, _ body: () -> Void) {
    note("clip", describe(rectangle))
    depth += 1
    body()
    depth -= 1
  }

  private func note(_ parts: String...) {
    calls.append(String(repeating: "  ", count: depth) + parts.filter { !$0.isEmpty }.joined(separator: " "))
  }

  private func number(_ value: Double) -> String {
    guard value.isFinite else { stop("RecordingCanvas", "\(value) reached the canvas") }
    let text = String(format: "%.1f", value)
    return text == "-0.0" ? "0.0" : text
  }

  private func describe(_ rectangle: Rectangle) -> String {
    "[\(number(rectangle.left)),\(number(rectangle.top)) \(number(rectangle.width))×\(number(rectangle.height))]"
  }

  /// All points where they are few; else both ends, their number and a hash of all.
  private func describe(_ points: [Point]) -> String {
    let places = points.map { number($0.x) + "," + number($0.y) }
    guard places.count > 12 else { return places.joined(separator: " ") }
    let hash = places.joined(separator: " ").utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
      ($0 ^ UInt64($1)) &* 1_099_511_628_211
    }
    return (places.prefix(3) + ["… (\(places.count) points, \(String(hash, radix: 16))) …"] + places.suffix(3))
      .joined(separator: " ")
  }

  private func describe(_ color: Color) -> String {
    String(format: "#%06X", color.pixel & 0xFF_FFFF) + (color.opacity == 1 ? "" : "@\(number(color.opacity * 100))%")
  }
}
