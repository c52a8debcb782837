import Glibc

/// An sRGB colour with opacity.
public struct Color: Sendable, Hashable {
  /// Red, 0 to 255.
  public var red: UInt8
  /// Green, 0 to 255.
  public var green: UInt8
  /// Blue, 0 to 255.
  public var blue: UInt8
  /// 0 is invisible, 1 hides what is behind.
  public var opacity: Double

  /// A colour from a number such as `0x0072B2`.
  public init(_ hexadecimal: UInt32, opacity: Double = 1) {
    red = UInt8(truncatingIfNeeded: hexadecimal >> 16)
    green = UInt8(truncatingIfNeeded: hexadecimal >> 8)
    blue = UInt8(truncatingIfNeeded: hexadecimal)
    self.opacity = opacity
  }

  /// The same colour, `opacity` times as opaque.
  public func faded(_ opacity: Double) -> Color {
    var copy = self
    copy.opacity *= opacity
    return copy
  }

  /// Relative luminance, 0 for black and 1 for white (WCAG 2.1).
  public var luminance: Double {
    func linear(_ channel: UInt8) -> Double {
      let value = Double(channel) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// Contrast ratio of two opaque colours, 1 to 21 (WCAG 2.1).
  public func contrast(with other: Color) -> Double {
    let (high, low) = (max(luminance, other.luminance), min(luminance, other.luminance))
    return (high + 0.05) / (low + 0.05)
  }

  /// Mixes two colours: 0 gives this one, 1 the other.
  public func mixed(with other: Color, _ amount: Double) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Double(a) * (1 - amount) + Double(b) * amount).rounded()) }
    var mixed = self
    mixed.red = mix(red, other.red)
    mixed.green = mix(green, other.green)
    mixed.blue = mix(blue, other.blue)
    return mixed
  }

  /// Six hexadecimal digits after a `#`; the opacity follows where it is not 1.
  public var hexadecimal: String {
    func pair(_ channel: UInt8) -> String { (channel < 16 ? "0" : "") + String(channel, radix: 16) }
    let opaque = "#" + pair(red) + pair(green) + pair(blue)
    return opacity == 1 ? opaque : opaque + "@" + NumberText.fixed(opacity, decimals: 2)
  }
}
