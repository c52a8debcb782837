/// A place on a figure, in points from its upper left corner; y grows downward.
public struct Point: Hashable, Sendable {
  /// To the right.
  public var x: Double
  /// Downward.
  public var y: Double

  /// A place.
  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// A width and a height in points.
public struct Size: Hashable, Sendable {
  /// In points.
  public var width: Double
  /// In points.
  public var height: Double

  /// A size.
  public init(_ width: Double, _ height: Double) {
    self.width = width
    self.height = height
  }
}

/// A part of a figure, in points.
public struct Rect: Hashable, Sendable {
  /// x of the left side.
  public var left: Double
  /// y of the upper side.
  public var top: Double
  /// In points.
  public var width: Double
  /// In points.
  public var height: Double

  /// A rectangle by its upper left corner and size.
  public init(left: Double, top: Double, width: Double, height: Double) {
    self.left = left
    self.top = top
    self.width = width
    self.height = height
  }

  /// x of the right side.
  public var right: Double { left + width }
  /// y of the lower side.
  public var bottom: Double { top + height }
  /// The middle.
  public var centre: Point { Point(left + width / 2, top + height / 2) }
}

/// A colour in sRGB, each part from 0 to 1.
public struct Color: Hashable, Sendable {
  /// 0 to 1.
  public var red: Double
  /// 0 to 1.
  public var green: Double
  /// 0 to 1.
  public var blue: Double
  /// 0 for invisible to 1 for solid.
  public var opacity: Double

  /// A colour by its parts.
  public init(red: Double, green: Double, blue: Double, opacity: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.opacity = opacity
  }

  /// From 0xRRGGBB.
  public init(_ code: UInt32) {
    self.init(
      red: Double(code >> 16 & 255) / 255, green: Double(code >> 8 & 255) / 255, blue: Double(code & 255) / 255)
  }

  /// The same colour, more or less see-through.
  public func opacity(_ opacity: Double) -> Color {
    var color = self
    color.opacity = opacity
    return color
  }

  /// 0xRRGGBB
  public var code: UInt32 {
    func part(_ value: Double) -> UInt32 { UInt32((value * 255).rounded()) }
    return part(red) << 16 | part(green) << 8 | part(blue)
  }

  /// Relative luminance as WCAG 2.1 defines it, 0 for black and 1 for white.
  public var luminance: Double {
    func linear(_ part: Double) -> Double { part <= 0.04045 ? part / 12.92 : power((part + 0.055) / 1.055, 2.4) }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// The contrast ratio of WCAG 2.1, from 1 to 21.
  public func contrast(with other: Color) -> Double {
    let (light, dark) = (max(luminance, other.luminance), min(luminance, other.luminance))
    return (light + 0.05) / (dark + 0.05)
  }
}
