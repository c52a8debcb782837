// Figures of any data, without a run: a line chart and a heatmap as PNG, SVG and PDF, with a mark of our own.
import Foundation
import RheoscopePlots

/// A vertical line from a low to a high value at each x.
struct ErrorBarMark: Mark {
  var x, low, high: [Double]
  var color: ColorRole

  func extend(_ limits: inout DataLimits) {
    limits.x.include(x)
    limits.y.include(low + high)
  }

  func draw(in area: PlotArea, on canvas: any Canvas) {
    let stroke = Stroke(area.theme.color(color), width: 1.2)
    for index in x.indices {
      guard let bottom = area.point(x[index], low[index]), let top = area.point(x[index], high[index]) else { continue }
      canvas.stroke([bottom, top], stroke)
    }
  }
}

let folder = CommandLine.arguments.dropFirst().first ?? "output/plot"
let steps = (0..<200).map(Double.init)

// 1: a line chart. Each series has a line, error bars at every tenth step, and a label at its end.
var panel = Panel(x: Axis(.integer, "step", isTight: true), y: Axis(.log, "loss"))
for (index, rate) in [0.01, 0.03, 0.1].enumerated() {
  let losses = steps.map { 0.01 + 2.3 * exp(-rate * $0) }
  let measured = Array(stride(from: 0, to: steps.count, by: 10))
  panel.marks.append(LineMark(x: steps, y: losses, color: .series(index), dash: Stroke.dash(ofSeries: index)))
  panel.marks.append(
    ErrorBarMark(
      x: measured.map { steps[$0] }, low: measured.map { 0.8 * losses[$0] }, high: measured.map { 1.25 * losses[$0] },
      color: .series(index)))
  panel.directLabels.append(DirectLabel(at: losses.last, "learning rate \(rate)", color: .series(index)))
}
let lines = Figure(
  title: "Training loss", subtitle: "three learning rates; error bars: a factor of 1.25", panels: [panel],
  description: "Training loss over 200 steps, which falls faster the larger the learning rate is.")

// 2: a heatmap. Row by row, the first row at the bottom; NaN is drawn as a pattern.
let layers = 20
let gradients = (0..<layers).flatMap { layer -> [Double] in
  let factor = pow(0.5, Double(layers - 1 - layer))
  return steps.map { step in layer == 3 && step > 150 ? .nan : factor * (1 + step / 50) }
}
let colors = ColorScale(Scale(.log, from: 1e-6, to: 10), .viridis)
let heatmap = Figure(
  title: "Gradient flow",
  panels: [
    Panel(
      x: Axis(.integer, "step", hasGrid: false, isTight: true),
      y: Axis(.integer, "layer", ends: ("input", "output"), hasGrid: false, isTight: true),
      marks: [CellMark(columns: steps, values: gradients, colors: colors)],
      colorBar: ColorBar(colors, title: "RMS of dL/dy", kinds: [.notANumber]))
  ], description: "The gradient of 20 layers over 200 steps, smallest at the input.")

for (name, figure) in [("lines", lines), ("heatmap", heatmap)] {
  for format in FigureFormat.allCases { try figure.write(to: "\(folder)/\(name).\(format)") }
}
for line in lines.text(columns: 90, rows: 24, colors: .none) { print(line) }
print("wrote lines and heatmap as PNG, SVG and PDF to \(folder)")
