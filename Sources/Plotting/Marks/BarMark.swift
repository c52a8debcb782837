/// Bars that stand on a base; those without a place are left out.
public struct BarMark: Mark {
  /// Where each bar begins and ends along the x axis.
  public var spans: [ClosedRange<Double>]
  /// How far each reaches along the y axis.
  public var y: [Double]
  /// Where they stand; on a logarithmic axis they stand on its low end.
  public var base: Double
  /// What they are filled with.
  public var ink: ColorRole

  /// Bars made of their parts.
  public init(spans: [ClosedRange<Double>], y: [Double], base: Double = 0, ink: ColorRole) {
    self.spans = spans
    self.y = y
    self.base = base
    self.ink = ink
  }

  /// Bars around places, of this width in the unit of the x axis.
  public init(x: [Double], y: [Double], width: Double = 0.8, base: Double = 0, ink: ColorRole) {
    let places = zip(x, y).filter { ($0.0 - width / 2).isFinite && ($0.0 + width / 2).isFinite }
    self.init(
      spans: places.map { $0.0 - abs(width) / 2...$0.0 + abs(width) / 2 }, y: places.map(\.1), base: base, ink: ink)
  }

  /// Asks for its values, and its base, to be seen.
  public func extend(_ extent: inout Extent) {
    extent.x.include(spans.flatMap { [$0.lowerBound, $0.upperBound] })
    extent.y.include(y)
    extent.y.include(base)
  }

  /// Draws itself.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    let color = frame.theme.color(ink), foot = frame.top(of: base) ?? frame.rectangle.bottom
    for (span, value) in zip(spans, y) {
      guard let left = frame.left(of: span.lowerBound), let right = frame.left(of: span.upperBound),
        let top = frame.top(of: value)
      else { continue }
      // A gap of a unit tells neighbours apart, where there is room for one.
      let gap = right - left > 4 ? 0.5 : 0
      canvas.fill(
        Rectangle(left: left + gap, top: min(top, foot), width: right - left - 2 * gap, height: abs(foot - top)), color)
    }
  }
}
