/// A label to the right of the plot area, for the series that ends at its height. Labels are moved apart so that none overlap,
/// and a leader line connects a moved label to its value. Labels that do not fit move to the panel's legend.
public struct DirectLabel: Sendable, Hashable {
  /// The value on the y axis; a label with nil, or with a value that has no position, is placed in the middle.
  public var value: Double?
  /// The label.
  public var text: String
  /// Smaller text below the label; empty for none.
  public var detail: String
  /// The colour of the label.
  public var color: ColorRole
  /// The symbol of the series in the legend.
  public var sample: LegendEntry.Sample
  /// Whether a leader line connects the value to the label. False where the series ends before the right side.
  public var hasLeader: Bool

  /// A label at a value on the y axis; its symbol in the legend is a line with the colour's dash pattern by default.
  public init(
    at value: Double?, _ text: String, detail: String = "", color: ColorRole,
    sample: LegendEntry.Sample? = nil,
    hasLeader: Bool = true
  ) {
    self.value = value
    self.text = text
    self.detail = detail
    self.color = color
    self.sample = sample ?? .line(color.dash, width: 2)
    self.hasLeader = hasLeader
  }
}
