import Foundation
import Plotting
import Support

/// The loss on a slice through the space of weights: at w + x d₁, or at w + x d₁ + y d₂, for weights w and directions d of which
/// each filter has the norm of w's.
///
/// Source: Li et al., "Visualizing the loss landscape of neural nets", 2018, arXiv:1712.09913.
public struct LossSurface: Sendable, Hashable {
  /// What net it is.
  public var name: String
  /// How far along the first direction, ascending.
  public var x: [Double]
  /// How far along the second direction, ascending; empty for a slice in one direction.
  public var y: [Double]
  /// The losses: one an x, or row by row, a row a y.
  public var losses: [Double]

  /// A surface made of its parts.
  public init(name: String, x: [Double], y: [Double] = [], losses: [Double]) {
    guard losses.count == x.count * max(y.count, 1) else {
      stop("LossSurface", "\(x.count) × \(max(y.count, 1)) losses are needed, \(losses.count) were given")
    }
    self.name = name
    self.x = x
    self.y = y
    self.losses = losses
  }
}

extension Chart {
  /// Slices of loss surfaces: curves in one panel for slices in one direction; for two directions a panel a net, colours by
  /// decades of the loss shared by all, with contours, and a cross at the weights themselves.
  ///
  /// Slices in one and in two directions can't be mixed; those of another kind than the first are left out, which the caption
  /// says. Throws a `ChartError` where there are no losses.
  public static func lossSurface(_ surfaces: [LossSurface], title: String = "Loss surface") throws -> Figure {
    let given = surfaces.filter { !$0.losses.isEmpty }
    guard let first = given.first else { throw ChartError.notGiven(what: "losses") }
    let shown = given.filter { $0.y.isEmpty == first.y.isEmpty }
    let left = given.count - shown.count
    var figure = first.y.isEmpty ? curves(shown) : maps(shown)
    figure.title = title
    if left > 0 { figure.caption = "Left out: \(left) of another number of directions." }
    figure.description =
      "The loss along \(first.y.isEmpty ? "one direction" : "two directions") through the weights. "
      + shown.map(\.sentence).joined(separator: " ")
    return figure
  }

  private static func curves(_ surfaces: [LossSurface]) -> Figure {
    var span = Span()
    for surface in surfaces { span.include(surface.losses) }
    let isLogarithmic = span.lowest > 0 && span.highest > 30 * span.lowest
    var panel = Panel(
      x: Axis(.linear, "distance along the direction, in norms of the weights", isTight: true),
      y: Axis(isLogarithmic ? .log : .linear, "loss"), marks: [RuleMark(.vertical, at: 0)])
    for (index, surface) in surfaces.enumerated() {
      let ink = ColorRole.series(index)
      panel.marks.append(
        LineMark(x: surface.x, y: surface.losses, ink: ink, width: 2, dash: Stroke.dash(ofSeries: index)))
      if surface.x.count == 1 { panel.marks.append(DotMark(x: surface.x, y: surface.losses, ink: ink, size: 8)) }
      panel.directLabels.append(
        DirectLabel(
          at: surface.losses.last { $0.isFinite && (!isLogarithmic || $0 > 0) }, surface.name, detail: surface.remarks,
          ink: ink, sample: .line(Stroke.dash(ofSeries: index), width: 2),
          hasLeader: surface.losses.last?.isFinite ?? false))
    }
    return Figure(subtitle: "filter-normalized direction; dashed: the trained weights", panels: [panel])
  }

  private static func maps(_ surfaces: [LossSurface]) -> Figure {
    var span = Span()
    for surface in surfaces { span.include(surface.losses) }
    let isLogarithmic = span.lowest > 0 && span.highest > 3 * span.lowest
    let scale =
      span.lowest.isFinite
      ? Scale(isLogarithmic ? .log : .linear, from: span.lowest, to: span.highest) : Scale(.linear, from: 0, to: 1)
    let colors = ColorScale(scale, .viridis)
    // Between places that were measured, losses are taken to go as colours do.
    let place = { (loss: Double) in scale.fraction(of: loss) ?? .nan }
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
          x: surface.x, y: surface.y, values: surface.losses.map(place), levels: [level],
          ink: colors.map.inkOver(level).opacity(0.8))
      }
      if let centre = surface.loss(x: 0, y: 0) {
        panel.notes = [
          Annotation(
            x: 0, y: 0, text: "", ink: colors.map.inkOver(place(centre).isFinite ? place(centre) : 1), shape: .plus)
        ]
      }
      return panel
    }
    let losses = surfaces.flatMap(\.losses)
    var key = ColorBar(colors, title: "loss")
    if losses.contains(where: \.isNaN) { key.kinds.append(.notANumber) }
    if losses.contains(where: \.isInfinite) { key.kinds.append(.infinite) }
    return Figure(
      subtitle: "filter-normalized directions, in norms of the weights; + the trained weights", panels: panels,
      columns: min(panels.count, 3), colorBar: key)
  }
}

extension LossSurface {
  /// The loss at the place next to this one; nil outside.
  fileprivate func loss(x: Double, y: Double) -> Double? {
    func next(_ value: Double, _ places: [Double]) -> Int? {
      guard let low = places.first, let high = places.last, value >= low, value <= high else { return nil }
      return places.indices.min { abs(places[$0] - value) < abs(places[$1] - value) }
    }
    guard let column = next(x, self.x), let row = next(y, self.y) else { return nil }
    return losses[row * self.x.count + column]
  }

  /// From half a row below the first to half a row above the last.
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
      + (broken > 0 ? "\nnot finite at \(broken) place\(broken == 1 ? "" : "s")" : "")
  }

  fileprivate var sentence: String {
    "\(name): \(remarks.replacing("\n", with: ", ")) at \(losses.count) place\(losses.count == 1 ? "" : "s")."
  }
}
