import Plotting
import Support

/// Triangles at the frame where values lie above or below it, so that no spike is cut unseen; the farthest value above may be written
/// beside its triangle.
struct CutPoints: Mark {
  /// The x and the values of each series.
  let series: [(x: [Int], y: [Double])]
  let color: ColorRole
  /// Whether the farthest value above is written.
  let isLabelled: Bool

  init(series: [(x: [Int], y: [Double])], color: ColorRole, isLabelled: Bool) {
    (self.series, self.color, self.isLabelled) = (series, color, isLabelled)
  }

  /// The distance of triangles below which only one is drawn.
  private static let spacing = 9.0, size = 7.0

  func extend(_ limits: inout DataLimits) {}

  func draw(in area: PlotArea, on canvas: any Canvas) {
    let plot = area.rectangle, color = area.theme.color(color)
    var highest: (x: Double, value: Double)?
    var above: [Double] = [], below: [Double] = []
    for (steps, values) in series {
      for (step, value) in zip(steps, values) where value.isFinite {
        guard let x = area.x(of: Double(step)), let y = area.y(of: value), x >= plot.left - 0.5, x <= plot.right + 0.5
        else { continue }
        if y < plot.top - 0.5 {
          above.append(x)
          if value > highest?.value ?? -.infinity { highest = (x, value) }
        } else if y > plot.bottom + 0.5 {
          below.append(x)
        }
      }
    }
    func triangles(at positions: [Double], base: Double, tip: Double) {
      var last = -Double.infinity
      for x in positions.sorted() where x - last >= Self.spacing {
        canvas.fill(
          [Point(x - Self.size / 2, base), Point(x + Self.size / 2, base), Point(x, tip)], color)
        last = x
      }
    }
    triangles(at: above + (highest.map { [$0.x] } ?? []), base: plot.top + Self.size, tip: plot.top)
    triangles(at: below, base: plot.bottom - Self.size, tip: plot.bottom)
    guard isLabelled, let highest else { return }
    let text = "up to \(formatSignificant(highest.value))", font = area.theme.tickFont
    let extent = canvas.measure(text, font), right = highest.x + 7
    let left = right + extent.width <= plot.right ? right : highest.x - 7 - extent.width
    guard left >= plot.left else { return }
    canvas.fill(
      Rectangle(left: left - 1, top: plot.top + 1, width: extent.width + 2, height: extent.height),
      area.theme.color(.background.opacity(0.8)))
    canvas.text(text, at: Point(left, plot.top + 1 + extent.ascent), font, color, rotated: false)
  }
}
