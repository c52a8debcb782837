/// How a line is drawn. Corners are round; ends are round where there are no dashes.
public struct Stroke: Sendable, Hashable {
  /// The colour.
  public var color: Color
  /// The width in units of 1/96 inch.
  public var width: Double
  /// The lengths of dashes and gaps in turn, in units of 1/96 inch; empty for a solid line.
  public var dash: [Double]

  /// A stroke of a width in units of 1/96 inch; solid by default.
  public init(_ color: Color, width: Double, dash: [Double] = []) {
    self.color = color
    self.width = width
    self.dash = dash
  }
}

extension Stroke {
  /// The dash pattern of series `index`, counted from 0. The first is solid, and patterns repeat after seven. Series with
  /// different patterns can be distinguished without colour.
  ///
  /// Stops the program if `index` is negative.
  public static func dash(ofSeries index: Int) -> [Double] {
    let dashes: [[Double]] = [[], [7, 3], [2, 2.5], [9, 3, 2, 3], [4, 2], [12, 4], [9, 3, 2, 3, 2, 3]]
    return dashes[seriesIndex(index, count: dashes.count, in: "Stroke.dash(ofSeries:)")]
  }
}
