import Foundation

/// An sRGB colour with an opacity. All components are from 0 to 1.
public struct Color: Sendable, Hashable {
  /// The red component.
  public var red: Double
  /// The green component.
  public var green: Double
  /// The blue component.
  public var blue: Double
  /// The opacity: 0 is transparent, 1 opaque.
  public var opacity: Double

  /// A colour from components between 0 and 1.
  public init(red: Double, green: Double, blue: Double, opacity: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.opacity = opacity
  }

  /// A colour from a number 0xRRGGBB, such as `0xD55E00`.
  public init(_ hex: UInt32, opacity: Double = 1) {
    self.init(
      red: Double(hex >> 16 & 0xFF) / 255, green: Double(hex >> 8 & 0xFF) / 255, blue: Double(hex & 0xFF) / 255,
      opacity: opacity)
  }

  /// The same colour with another opacity.
  public func opacity(_ opacity: Double) -> Color { Color(red: red, green: green, blue: blue, opacity: opacity) }

  /// The opaque colour that this colour gives on an opaque background.
  public func over(_ background: Color) -> Color {
    func mix(_ a: Double, _ b: Double) -> Double { a * opacity + b * (1 - opacity) }
    return Color(red: mix(red, background.red), green: mix(green, background.green), blue: mix(blue, background.blue))
  }

  /// The relative luminance, from 0 for black to 1 for white. Source: WCAG 2.1.
  public var luminance: Double { 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) }

  /// The contrast ratio with another colour, from 1 to 21. Source: WCAG 2.1.
  public func contrast(with other: Color) -> Double {
    let bright = max(luminance, other.luminance), dark = min(luminance, other.luminance)
    return (bright + 0.05) / (dark + 0.05)
  }

  /// The colour without its opacity as 0xFFRRGGBB. Components outside 0 to 1 are clamped.
  public var pixel: UInt32 {
    func byte(_ component: Double) -> UInt32 { UInt32((min(max(component, 0), 1) * 255).rounded()) }
    return 0xFF00_0000 | byte(red) << 16 | byte(green) << 8 | byte(blue)
  }
}

/// Linear light from an sRGB component.
private func linear(_ component: Double) -> Double {
  component <= 0.04045 ? component / 12.92 : pow((component + 0.055) / 1.055, 2.4)
}
