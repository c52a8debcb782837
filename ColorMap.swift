/// 256 colours from low to high.
public struct ColorMap: Sendable, Hashable {
  /// The name of the map.
  public let name: String
  /// Its colours from the lowest value to the highest.
  public let colors: [Color]

  /// Dark blue to yellow: even steps in lightness, readable without colour vision and in grey print.
  public static let viridis = ColorMap(name: "viridis", table: ColorMapTables.viridis)

  /// Black to light yellow: even steps in lightness.
  public static let magma = ColorMap(name: "magma", table: ColorMapTables.magma)

  /// Blue through near-white to orange, for values with a meaningful centre such as log ratios.
  public static let diverging = ColorMap(
    name: "diverging",
    stops: [0x07385F, 0x1F6AA5, 0x6FA9D2, 0xC4DBEA, 0xF4F3F1, 0xF2D3B8, 0xE09A5E, 0xB85F16, 0x6B3404].map { Color($0) })

  /// A map through evenly spaced colours.
  public init(name: String, stops: [Color]) {
    self.name = name
    colors = (0..<256).map { index in
      let position = Double(index) / 255 * Double(stops.count - 1)
      let lower = min(Int(position), stops.count - 2)
      return stops[lower].mixed(with: stops[lower + 1], position - Double(lower))
    }
  }

  private init(name: String, table: String) {
    self.name = name
    let digits = table.filter { !$0.isWhitespace }.utf8.map { UInt32($0 < 58 ? $0 - 48 : $0 - 87) }
    colors = stride(from: 0, to: digits.count, by: 6).map { start in
      Color(digits[start..<start + 6].reduce(0) { $0 << 4 | $1 })
    }
  }

  /// The colour at a position from 0 to 1; positions outside take the end's colour.
  public func color(at position: Double) -> Color { colors[Self.index(at: position)] }

  static func index(at position: Double) -> Int { Int((min(1, max(0, position)) * 255).rounded()) }
}
