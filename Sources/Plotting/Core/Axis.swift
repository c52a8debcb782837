/// How one direction of a panel is measured and labelled.
public struct Axis: Sendable {
  /// How values are spaced.
  public var kind: Scale.Kind
  /// The title; empty for none.
  public var title: String
  /// The range it shows; what the marks need, if nil.
  public var range: ClosedRange<Double>?
  /// A value that must be seen whatever the marks need; for example 0.
  public var includes: [Double]
  /// The words at its low and its high end, such as "input" and "output".
  public var ends: (low: String, high: String)?
  /// Whether ticks draw lines across the panel.
  public var hasGrid: Bool
  /// Whether the marks reach to the axis' ends, rather than having some room there.
  public var isTight: Bool
  /// Whether there is an axis to be seen: a line, ticks and words.
  public var isVisible: Bool

  /// An axis made of its parts.
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

  /// An axis that places things from 0 to 1, and is not seen.
  public static let hidden = Axis(.linear, range: 0...1, hasGrid: false, isVisible: false)

  /// The scale that shows its range, or else these values with a little room around them; some range where there are none.
  func scale(showing span: Span) -> Scale {
    var span = span
    span.include(includes)
    let isLog = kind == .log
    let tiny = 1e-307
    var low = isLog ? max(span.lowestPositive, tiny) : span.lowest
    var high = span.highest
    if let range { (low, high) = (range.lowerBound, range.upperBound) }
    if isLog, low <= 0 { low = span.lowestPositive.isFinite ? max(span.lowestPositive, tiny) : high / 10 }
    guard low.isFinite, high.isFinite, !isLog || (low > 0 && high >= low) else {
      return Scale(kind, from: isLog ? 0.1 : 0, to: 1)
    }
    let exact = Scale(kind, from: low, to: high)
    guard range == nil, !isTight, high > low else { return exact }
    let room = 0.04
    let (below, above) = (exact.value(at: -room), exact.value(at: 1 + room))
    return below.isFinite && above.isFinite && (!isLog || below > 0) ? Scale(kind, from: below, to: above) : exact
  }
}
