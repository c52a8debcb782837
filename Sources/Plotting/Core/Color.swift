import Foundation

/// A colour in sRGB with its opacity; all parts from 0 to 1.
public struct Color: Sendable, Hashable {
  /// The red part.
  public var red: Double
  /// The green part.
  public var green: Double
  /// The blue part.
  public var blue: Double
  /// 0 is clear, 1 opaque.
  public var opacity: Double

  /// A colour from its parts.
  public init(red: Double, green: Double, blue: Double, opacity: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.opacity = opacity
  }

  /// A colour from a number such as `0xD55E00`.
  public init(_ hex: UInt32, opacity: Double = 1) {
    self.init(
      red: Double(hex >> 16 & 0xFF) / 255, green: Double(hex >> 8 & 0xFF) / 255, blue: Double(hex & 0xFF) / 255,
      opacity: opacity)
  }

  /// The same colour with another opacity.
  public func opacity(_ opacity: Double) -> Color { Color(red: red, green: green, blue: blue, opacity: opacity) }

  /// What one sees of this colour on an opaque ground.
  public func over(_ ground: Color) -> Color {
    func mix(_ a: Double, _ b: Double) -> Double { a * opacity + b * (1 - opacity) }
    return Color(red: mix(red, ground.red), green: mix(green, ground.green), blue: mix(blue, ground.blue))
  }

  /// Relative luminance, from 0 for black to 1 for white. Source: WCAG 2.1.
  public var luminance: Double { 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) }

  /// The contrast with another colour, from 1 to 21. Source: WCAG 2.1.
  public func contrast(with other: Color) -> Double {
    let bright = max(luminance, other.luminance), dark = min(luminance, other.luminance)
    return (bright + 0.05) / (dark + 0.05)
  }

  /// The opaque colour as 0xFFRRGGBB.
  public var pixel: UInt32 {
    func byte(_ part: Double) -> UInt32 { UInt32((min(max(part, 0), 1) * 255).rounded()) }
    return 0xFF00_0000 | byte(red) << 16 | byte(green) << 8 | byte(blue)
  }
}

func linear(_ part: Double) -> Double { part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4) }
