/// The size and weight of text. All figures use one font family.
public struct Font: Sendable, Hashable {
  /// The em size in units of 1/96 inch.
  public var size: Double
  /// Whether the text is bold.
  public var isBold: Bool

  /// A font with an em size in units of 1/96 inch; regular weight by default.
  public init(size: Double, isBold: Bool = false) {
    self.size = size
    self.isBold = isBold
  }
}

/// The size of one line of text, in units of 1/96 inch.
public struct TextExtent: Sendable, Hashable {
  /// The distance from the start of the text to the start of a text after it.
  public var width: Double
  /// The height of the font above the baseline.
  public var ascent: Double
  /// The depth of the font below the baseline.
  public var descent: Double

  /// An extent in units of 1/96 inch.
  public init(width: Double, ascent: Double, descent: Double) {
    self.width = width
    self.ascent = ascent
    self.descent = descent
  }

  /// The height of the line: `ascent + descent`.
  public var height: Double { ascent + descent }
}
