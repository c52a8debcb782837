/// One entry of a legend: a symbol and a text.
public struct LegendEntry: Sendable, Hashable {
  /// The symbol of an entry.
  public enum Sample: Sendable, Hashable {
    /// A line with a dash pattern as in `Stroke.dash` and a width in units of 1/96 inch.
    case line([Double], width: Double)
    /// A filled rectangle.
    case area
    /// A dot.
    case dot(DotShape)
    /// A dot on a line with a dash pattern as in `Stroke.dash`.
    case dottedLine([Double], DotShape)
  }

  /// The text.
  public var text: String
  /// The colour of the symbol.
  public var color: ColorRole
  /// The symbol.
  public var sample: Sample

  /// An entry with a text and a symbol in a colour.
  public init(_ text: String, color: ColorRole, sample: Sample) {
    self.text = text
    self.color = color
    self.sample = sample
  }
}
