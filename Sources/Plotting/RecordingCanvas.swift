/// Writes down what is drawn, a line a call, so that a test can compare drawings exactly. Each character is 0.6 of the text's
/// size wide.
public final class RecordingCanvas: Canvas {
  /// What has been drawn, a line a call.
  public private(set) var lines: [String] = []
  /// 1
  public let pixelsPerPoint = 1.0

  /// An empty canvas.
  public init() {}

  /// 0.6 of the text’s size for each character.
  public func measure(_ text: String, _ style: TextStyle) -> Size {
    Size(0.6 * style.size * Double(text.count), 1.2 * style.size)
  }

  /// Writes down the text, its place and its style.
  public func draw(_ text: String, at point: Point, _ style: TextStyle, anchor: Anchor, isVertical: Bool) {
    let weight = style.isBold ? " bold" : "", turn = isVertical ? " vertical" : ""
    lines.append(
      "text “\(text)” \(place(point)) \(number(style.size))\(weight) \(hex(style.color)) "
        + "\(anchor.horizontal.rawValue) \(anchor.vertical.rawValue)\(turn)")
  }

  /// Writes down a line; of a long one the ends.
  public func stroke(_ points: [Point], _ stroke: Stroke) {
    let dashes = stroke.dashes.isEmpty ? "" : " dashed \(stroke.dashes.map(number).joined(separator: ","))"
    lines.append("stroke \(hex(stroke.color)) \(number(stroke.width))\(dashes): \(path(points))")
  }

  /// Writes down an area.
  public func fill(_ points: [Point], _ color: Color) { lines.append("fill \(hex(color)): \(path(points))") }

  /// Writes down a circle.
  public func dot(at centre: Point, radius: Double, _ color: Color) {
    lines.append("dot \(hex(color)) \(number(radius)) \(place(centre))")
  }

  /// Writes down a picture’s size, place and hash.
  public func draw(pixels: [UInt32], columns: Int, rows: Int, in rect: Rect) {
    let hash = pixels.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    lines.append(
      "pixels \(columns)×\(rows) \(String(hash, radix: 16)) at \(place(Point(rect.left, rect.top))) "
        + "\(number(rect.width))×\(number(rect.height))")
  }

  /// Writes down where cutting off begins and ends.
  public func clip(to rect: Rect, _ body: () -> Void) {
    lines.append("clip \(place(Point(rect.left, rect.top))) \(number(rect.width))×\(number(rect.height))")
    body()
    lines.append("end of clip")
  }

  private func number(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
  }
  private func place(_ point: Point) -> String { "\(number(point.x)),\(number(point.y))" }
  private func path(_ points: [Point]) -> String {
    points.count <= 12
      ? points.map(place).joined(separator: " ")
      : points.prefix(6).map(place).joined(separator: " ") + " … \(points.count) points … "
        + points.suffix(3).map(place).joined(separator: " ")
  }
  private func hex(_ color: Color) -> String {
    let digits = String(color.code, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
      + (color.opacity < 1 ? "@\(number(color.opacity * 100))%" : "")
  }
}
