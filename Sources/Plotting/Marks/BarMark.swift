/// Vertical bars from a base value. Bars whose value or interval has no position are left out.
public struct BarMark: Mark {
  /// The interval on the x axis that each bar covers.
  public var intervals: [ClosedRange<Double>]
  /// The y at the end of each bar.
  public var y: [Double]
  /// The y at which bars start, 0 by default; on a logarithmic axis, bars from 0 start at its low end.
  public var base: Double
  /// The fill colour.
  public var color: ColorRole

  /// Bars over intervals of the x axis, as in a histogram.
  public init(intervals: [ClosedRange<Double>], y: [Double], base: Double = 0, color: ColorRole) {
    self.intervals = intervals
    self.y = y
    self.base = base
    self.color = color
  }

  /// Bars of one width around x positions; `width` is in the unit of the x axis. Positions that are not finite are left out.
  public init(x: [Double], y: [Double], width: Double = 0.8, base: Double = 0, color: ColorRole) {
    let bars = zip(x, y).filter { ($0.0 - width / 2).isFinite && ($0.0 + width / 2).isFinite }
    self.init(
      intervals: bars.map { $0.0 - abs(width) / 2...$0.0 + abs(width) / 2 }, y: bars.map(\.1), base: base, color: color)
  }

  /// Includes the intervals, the values and the base.
  public func extend(_ limits: inout DataLimits) {
    limits.x.include(intervals.flatMap { [$0.lowerBound, $0.upperBound] })
    limits.y.include(y)
    limits.y.include(base)
  }

  /// Draws the mark.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    let fillColor = area.theme.color(color), foot = area.y(of: base) ?? area.rectangle.bottom
    for (interval, value) in zip(intervals, y) {
      guard let left = area.x(of: interval.lowerBound), let right = area.x(of: interval.upperBound),
        let top = area.y(of: value)
      else { continue }
      // A gap of one unit between neighbours, where bars are wide enough.
      let gap = right - left > 4 ? 0.5 : 0
      canvas.fill(
        Rectangle(left: left + gap, top: min(top, foot), width: right - left - 2 * gap, height: abs(foot - top)),
        fillColor)
    }
  }
}
