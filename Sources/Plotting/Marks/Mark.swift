/// Something that a panel draws at positions in data coordinates, such as a line or a heatmap.
///
/// A type of your own is a mark with two methods: one reports the values that the axes should show, the other draws.
///
///     /// A vertical bar from a low to a high value at each x.
///     struct ErrorBarMark: Mark {
///       var x, low, high: [Double]
///       var color: ColorRole
///
///       func extend(_ limits: inout DataLimits) {
///         limits.x.include(x)
///         limits.y.include(low)
///         limits.y.include(high)
///       }
///
///       func draw(in area: PlotArea, on canvas: any Canvas) {
///         let stroke = Stroke(area.theme.color(color), width: 1.5)
///         for index in x.indices {
///           guard let bottom = area.point(x[index], low[index]), let top = area.point(x[index], high[index]) else { continue }
///           canvas.stroke([bottom, top], stroke)
///         }
///       }
///     }
///
/// `draw` may also call the `draw` of other marks, such as `LineMark`.
public protocol Mark: Sendable {
  /// Includes in `limits` the values that the axes should show.
  func extend(_ limits: inout DataLimits)

  /// Draws the mark. The canvas is clipped to `area.rectangle` and a unit around it. Values without a position are left out.
  func draw(in area: PlotArea, on canvas: any Canvas)
}
