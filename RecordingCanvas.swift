/// A canvas that writes down each drawing call as a line of text: what tests compare and what needs no backend.
///
/// A character is 0.56 times its size wide and a line 1.2 times its size high, whatever fonts the machine has.
public final class RecordingCanvas: Canvas {
  /// The calls so far, one a line.
  public private(set) var calls: [String] = []
  /// Every text drawn with the rectangle it covers.
  public private(set) var texts: [(text: String, bounds: Rectangle)] = []
  /// Whether every coordinate so far was finite.
  public private(set) var isFinite = true
  /// Device pixels a point.
  public let pixelsPerPoint: Double

  /// A canvas that pretends to have `pixelsPerPoint` pixels a point.
  public init(pixelsPerPoint: Double = 1) { self.pixelsPerPoint = pixelsPerPoint }

  /// All calls as one text.
  public var transcript: String { calls.joined(separator: "\n") + "\n" }

  /// Records a filled area.
  public func fill(_ outline: Outline, with color: Color) {
    switch outline {
    case .rectangle(let area): calls.append("fill rectangle \(text(area)) \(color.hexadecimal)")
    case .polygon(let points): calls.append("fill polygon \(text(points)) \(color.hexadecimal)")
    case .circle(let center, let radius):
      calls.append("fill circle \(text(center)) radius \(text(radius)) \(color.hexadecimal)")
    }
  }

  /// Records a line; long ones by their ends, their number of points and a checksum.
  public func stroke(_ points: [Point], with stroke: Stroke) {
    let dash = stroke.dash.isEmpty ? "" : " dash " + stroke.dash.map(text).joined(separator: " ")
    calls.append("stroke \(text(points)) \(stroke.color.hexadecimal) width \(text(stroke.width))\(dash)")
  }

  /// Records an image by its size and a checksum of its pixels.
  public func draw(_ image: PixelImage, in rectangle: Rectangle) {
    var checksum = Checksum()
    for pixel in image.pixels { checksum.add(UInt64(pixel)) }
    calls.append("image \(image.width)×\(image.height) in \(text(rectangle)) checksum \(checksum.text)")
  }

  /// Records a text.
  public func draw(_ text: String, at position: Point, style: TextStyle) {
    texts.append((text, style.bounds(of: size(of: text, style: style), at: position)))
    let look = "size \(self.text(style.size))\(style.isBold ? " bold" : "")\(style.isUpright ? " upright" : "")"
    calls.append(
      "text \"\(text)\" at \(self.text(position)) \(style.horizontal)/\(style.vertical) \(look) "
        + style.color.hexadecimal)
  }

  /// The size of a text whose characters are all equally wide.
  public func size(of text: String, style: TextStyle) -> Size {
    Size(Double(text.count) * style.size * (style.isBold ? 0.6 : 0.56), style.size * 1.2)
  }

  /// Records where clipping begins and ends.
  public func clip(to rectangle: Rectangle, _ body: () -> Void) {
    calls.append("clip \(text(rectangle))")
    body()
    calls.append("unclip")
  }

  private func text(_ number: Double) -> String {
    guard number.isFinite else {
      isFinite = false
      return "\(number)"
    }
    return NumberText.shortest(number, decimals: 2)
  }

  private func text(_ point: Point) -> String { "(\(text(point.x)), \(text(point.y)))" }

  private func text(_ area: Rectangle) -> String {
    "(\(text(area.x)), \(text(area.y)), \(text(area.width)), \(text(area.height)))"
  }

  private func text(_ points: [Point]) -> String {
    if points.count <= 4 { return points.map(text).joined(separator: " ") }
    var checksum = Checksum()
    for point in points {
      if !point.isFinite { isFinite = false }
      checksum.add(point.x.isFinite ? UInt64(bitPattern: Int64((point.x * 100).rounded())) : 0)
      checksum.add(point.y.isFinite ? UInt64(bitPattern: Int64((point.y * 100).rounded())) : 0)
    }
    return "\(text(points[0])) … \(text(points[points.count - 1])) of \(points.count) checksum \(checksum.text)"
  }
}

/// FNV-1a over 64-bit words: short, and the same on every machine.
struct Checksum {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ word: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      state = (state ^ ((word >> shift) & 0xFF)) &* 0x100_0000_01B3
    }
  }

  var text: String { String(state, radix: 16) }
}
