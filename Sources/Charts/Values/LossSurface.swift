import Foundation
import Plotting
import Support

/// The loss on a slice of the space of weights: at w + x d₁ or at w + x d₁ + y d₂, where w are the trained weights and each filter of
/// a direction d has the norm of the same filter of w.
///
/// Source: Li et al., "Visualizing the loss landscape of neural nets", 2018, arXiv:1712.09913.
public struct LossSurface: Sendable, Hashable {
  /// The name of the net.
  public var name: String
  /// The positions along the first direction, ascending.
  public var x: [Double]
  /// The positions along the second direction, ascending; empty for a slice in one direction.
  public var y: [Double]
  /// The losses: one per x, or, in two directions, `y.count` rows of `x.count` values.
  public var losses: [Double]

  /// The losses of a net at positions along one or two directions.
  ///
  /// Stops the program if there are not `x.count` losses, or in two directions `x.count * y.count`.
  public init(name: String, x: [Double], y: [Double] = [], losses: [Double]) {
    guard losses.count == x.count * max(y.count, 1) else {
      stop("LossSurface", "\(x.count) × \(max(y.count, 1)) positions need as many losses, not \(losses.count)")
    }
    self.name = name
    self.x = x
    self.y = y
    self.losses = losses
  }
}

extension Chart {
  /// Slices of loss surfaces: curves in one panel for slices in one direction; for two directions one heatmap per net, with shared
  /// colours, contours, and a + at the trained weights.
  ///
  /// Slices whose number of directions differs from the first one's are left out, and the caption gives their number. Throws a
  /// `ChartError` if there are no losses.
  public static func lossSurface(_ surfaces: [LossSurface], title: String = "Loss surface") throws -> Figure {
    let given = surfaces.filter { !$0.losses.isEmpty }
    guard let first = given.first else { throw ChartError.notGiven(what: "losses") }
    let shown = given.filter { $0.y.isEmpty == first.y.isEmpty }
    let left = given.count - shown.count
    var figure = first.y.isEmpty ? curves(shown) : maps(shown)
    figure.title = title
    if left > 0 { figure.caption = "Left out: \(counted(left, "slice")) with another number of directions." }
    figure.description =
      "The loss along \(first.y.isEmpty ? "one direction" : "two directions") through the weights. "
      + shown.map(\.sentence).joined(separator: " ")
    return figure
  }

  private static func curves(_ surfaces: [LossSurface]) -> Figure {
    var range = ValueRange()
    for surface in surfaces { range.include(surface.losses) }
    let isLogarithmic = range.lowest > 0 && range.highest > 30 * range.lowest
    var panel = Panel(
      x: Axis(.linear, "distance along the direction, in norms of the weights", isTight: true),
      y: Axis(isLogarithmic ? .log : .linear, "loss"), marks: [RuleMark(.vertical, at: 0)])
    for (index, surface) in surfaces.enumerated() {
      let color = ColorRole.series(index)
      panel.marks.append(
        LineMark(x: surface.x, y: surface.losses, color: color, width: 2, dash: Stroke.dash(ofSeries: index)))
      if surface.x.count == 1 { panel.marks.append(DotMark(x: surface.x, y: surface.losses, color: color, size: 8)) }
      panel.directLabels.append(
        DirectLabel(
          at: surface.losses.last { $0.isFinite && (!isLogarithmic || $0 > 0) }, surface.name, detail: surface.remarks,
          color: color, sample: .line(Stroke.dash(ofSeries: index), width: 2),
          hasLeader: surface.losses.last?.isFinite ?? false))
    }
    return Figure(subtitle: "filter-normalized direction; dashed: the trained weights", panels: [panel])
  }

  private static func maps(_ surfaces: [LossSurface]) -> Figure {
    var range = ValueRange()
    for surface in surfaces { range.include(surface.losses) }
    let isLogarithmic = range.lowest > 0 && range.highest > 3 * range.lowest
    let scale =
      range.lowest.isFinite
      ? Scale(isLogarithmic ? .log : .linear, from: range.lowest, to: range.highest) : Scale(.linear, from: 0, to: 1)
    let colors = ColorScale(scale, .viridis)
    // Contours are interpolated on the colour scale.
    let position = { (loss: Double) in scale.fraction(of: loss) ?? .nan }
    let levels = (1..<10).map { Double($0) / 10 }
    let panels = surfaces.map { surface in
      var panel = Panel(
        title: surfaces.count > 1 ? surface.name : "",
        x: Axis(.linear, "first direction", hasGrid: false, isTight: true),
        y: Axis(.linear, "second direction", hasGrid: false, isTight: true),
        marks: [
          CellMark(
            columns: surface.x, rows: Array(surface.y.indices), values: surface.losses, colors: colors,
            height: surface.height)
        ])
      panel.marks += levels.map { level in
        ContourMark(
          x: surface.x, y: surface.y, values: surface.losses.map(position), levels: [level],
          color: colors.map.contrastingColor(at: level).opacity(0.8))
      }
      if let centre = surface.loss(x: 0, y: 0) {
        panel.annotations = [
          Annotation(
            x: 0, y: 0, text: "",
            color: colors.map.contrastingColor(at: position(centre).isFinite ? position(centre) : 1), shape: .plus)
        ]
      }
      return panel
    }
    let losses = surfaces.flatMap(\.losses)
    var bar = ColorBar(colors, title: "loss")
    if losses.contains(where: \.isNaN) { bar.kinds.append(.notANumber) }
    if losses.contains(where: \.isInfinite) { bar.kinds.append(.infinite) }
    return Figure(
      subtitle: "filter-normalized directions, in norms of the weights; + the trained weights", panels: panels,
      columns: min(panels.count, 3), colorBar: bar)
  }
}

extension LossSurface {
  /// The loss at the position nearest to x, y; nil outside the slice.
  fileprivate func loss(x: Double, y: Double) -> Double? {
    func nearest(_ value: Double, _ positions: [Double]) -> Int? {
      guard let low = positions.first, let high = positions.last, value >= low, value <= high else { return nil }
      return positions.indices.min { abs(positions[$0] - value) < abs(positions[$1] - value) }
    }
    guard let column = nearest(x, self.x), let row = nearest(y, self.y) else { return nil }
    return losses[row * self.x.count + column]
  }

  /// The interval on the y axis: from half a row below the first to half a row above the last.
  fileprivate var height: ClosedRange<Double> {
    guard let low = y.first, let high = y.last, y.count > 1 else { return (y.first ?? 0) - 0.5...(y.first ?? 0) + 0.5 }
    let half = (high - low) / Double(y.count - 1) / 2
    return low - half...high + half
  }

  fileprivate var remarks: String {
    let finite = losses.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return "never finite" }
    let broken = losses.count - finite.count
    return (low < high ? "\(formatSignificant(low)) to \(formatSignificant(high))" : formatSignificant(low))
      + (broken > 0 ? "\nnot finite at \(counted(broken, "point"))" : "")
  }

  fileprivate var sentence: String {
    "\(name): \(remarks.replacing("\n", with: ", ")) at \(counted(losses.count, "point"))."
  }
}
