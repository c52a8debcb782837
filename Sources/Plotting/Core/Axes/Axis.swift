/// One axis of a panel: its scale, range and labels.
public struct Axis: Sendable {
  /// How values are mapped to positions.
  public var kind: Scale.Kind
  /// The title, with the unit; empty for none.
  public var title: String
  /// The range of values that the axis shows; nil for the range of the marks.
  public var range: ClosedRange<Double>?
  /// Values that the axis shows even if no mark has them, such as 0. Not used where `range` is given.
  public var includes: [Double]
  /// Labels at the low and the high end, such as "input" and "output".
  public var ends: (low: String, high: String)?
  /// Whether grid lines are drawn at the labelled ticks.
  public var hasGrid: Bool
  /// Whether the axis ends at the marks' lowest and highest values; if not, it extends 4 % beyond them.
  public var isTight: Bool
  /// Whether the axis line, its ticks and labels are drawn.
  public var isVisible: Bool

  /// An axis; by default it has grid lines and the range of the marks with a margin of 4 %.
  public init(
    _ kind: Scale.Kind, _ title: String = "", range: ClosedRange<Double>? = nil, includes: [Double] = [],
    ends: (low: String, high: String)? = nil, hasGrid: Bool = true, isTight: Bool = false,
    isVisible: Bool = true
  ) {
    self.kind = kind
    self.title = title
    self.range = range
    self.includes = includes
    self.ends = ends
    self.hasGrid = hasGrid
    self.isTight = isTight
    self.isVisible = isVisible
  }

  /// An axis from 0 to 1 that is not drawn.
  public static let hidden = Axis(.linear, range: 0...1, hasGrid: false, isVisible: false)

  /// The scale for the given range, or else for the values of the marks with a margin; a default range where there are none.
  func scale(showing values: ValueRange) -> Scale {
    var values = values
    values.include(includes)
    let isLog = kind == .log
    let tiny = 1e-307
    var low = isLog ? max(values.lowestPositive, tiny) : values.lowest
    var high = values.highest
    if let range { (low, high) = (range.lowerBound, range.upperBound) }
    if isLog, low <= 0 { low = values.lowestPositive.isFinite ? max(values.lowestPositive, tiny) : high / 10 }
    guard low.isFinite, high.isFinite, !isLog || (low > 0 && high >= low) else {
      return Scale(kind, from: isLog ? 0.1 : 0, to: 1)
    }
    let exact = Scale(kind, from: low, to: high)
    guard range == nil, !isTight, high > low else { return exact }
    let margin = 0.04
    let (below, above) = (exact.value(at: -margin), exact.value(at: 1 + margin))
    return below.isFinite && above.isFinite && (!isLog || below > 0) ? Scale(kind, from: below, to: above) : exact
  }
}
