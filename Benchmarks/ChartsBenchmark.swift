import Foundation
import Rheoscope

/// The time to draw the figures of the peers' `figures.py`, and others, as PNG files of one pixel per unit: the best of five after a
/// warm-up, in milliseconds, each with its limit.
func chartsBenchmark() throws -> [(name: String, milliseconds: Double, goal: Double)] {
  let cells = cellFigure(layers: 50, steps: 1000), curves = curveFigure(series: 6, points: 10_000)
  var rows = [
    ("heatmap 50 × 1000", try best { try cells.png(scale: 1) }, 15.0),
    ("curves 6 × 10,000", try best { try curves.png(scale: 1) }, 15),
    ("dashboard of six panels", try best { try dashboard(curves, cells).png(scale: 1) }, 60),
  ]
  try withRun(layers: 50, steps: 600) { path in
    rows.append(("render, the whole process", try best { try runTool("render", path, "--out", path + ".png") }, 150))
    let run = try Run(path: path)
    rows.append(("gradient profile of a run", try best { try Chart.gradientProfile(of: run) }, 15))
    rows.append(("dashboard of a run", try best { try Chart.dashboard(of: run).png(scale: 1) }, 60))
  }
  let large = magnitudes(layers: 10_000, steps: 10_000)
  rows.append(("heatmap 10,000 × 10,000", try best { try Chart.heatmap(of: large).png(scale: 1) }, 1500))
  return rows
}

func best<Result>(_ work: () throws -> Result) rethrows -> Double {
  var least = Double.infinity
  for round in 0...5 {
    let start = DispatchTime.now().uptimeNanoseconds
    _ = try work()
    // The first round loads fonts and fills caches.
    if round > 0 { least = min(least, Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6) }
  }
  return least
}

/// Gradient RMS that falls by three decades from output to input, with noise.
private func magnitudes(layers: Int, steps: Int) -> LayerMatrix {
  var state: UInt64 = 1
  let values = [Double](unsafeUninitializedCapacity: layers * steps) { values, count in
    for layer in 0..<layers {
      let level = pow(10, 3 * Double(layer) / Double(layers) - 4)
      for step in 0..<steps {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        values[layer * steps + step] = level * (0.5 + Double(state >> 40) / Double(1 << 24))
      }
    }
    count = layers * steps
  }
  let sites = (0..<layers).map {
    Site(id: $0, module: "layers.\($0)", kind: .linear, depth: $0 + 1, isLayer: true, shape: [64, 64])
  }
  return LayerMatrix(
    quantity: .gradientRMS, steps: Array(0..<steps), sites: sites,
    grid: Grid(rows: layers, columns: steps, values: values))
}

func cellFigure(layers: Int, steps: Int) -> Figure {
  let matrix = magnitudes(layers: layers, steps: steps)
  let colors = ColorScale(Scale(.log, from: 1e-4, to: 1), .viridis)
  let panel = Panel(
    title: "Gradient flow", x: Axis(.integer, "step", hasGrid: false, isTight: true),
    y: Axis(.categorical(matrix.sites.map(\.path)), "layer", hasGrid: false, isTight: true),
    marks: [
      CellMark(
        columns: matrix.steps.map(Double.init), rows: Array(0..<layers), values: matrix.grid.values, colors: colors)
    ], colorBar: ColorBar(colors, title: "size"))
  return Figure(panels: [panel], size: Size(width: 1000, height: 600))
}

private func curveFigure(series: Int, points: Int) -> Figure {
  var state: UInt64 = 1
  func noise() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 40) / Double(1 << 24)
  }
  let x = (0..<points).map(Double.init)
  var panel = Panel(x: Axis(.integer, "step", isTight: true), y: Axis(.log, "loss"))
  for index in 0..<series {
    let y = x.map { exp(-4 * $0 / Double(points)) + 0.1 * noise() }
    panel.marks.append(LineMark(x: x, y: y, color: .series(index)))
    panel.legend.append(LegendEntry("\(index)", color: .series(index), sample: .line([], width: 1.5)))
  }
  return Figure(panels: [panel], size: Size(width: 1000, height: 600))
}

private func dashboard(_ curves: Figure, _ cells: Figure) -> Figure {
  Figure(
    panels: Array(repeating: curves.panels[0], count: 3) + Array(repeating: cells.panels[0], count: 3), columns: 3,
    size: Size(width: 1800, height: 1000))
}

/// Calls `body` with the path of a run of so many layers and steps, which is removed afterwards.
func withRun(layers: Int, steps: Int, _ body: (String) throws -> Void) throws {
  let folder = NSTemporaryDirectory() + "rheoscope-charts-\(UUID().uuidString)"
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let matrix = magnitudes(layers: layers, steps: steps)
  let writer = try RunWriter(path: folder + "/run.rheo", meta: [.experiment: "benchmark", .classes: "10"])
  try writer.define(sites: matrix.sites)
  try writer.define(
    parameters: matrix.sites.map {
      RecordedParameter(id: $0.id, path: $0.path + ".weight", shape: [64, 64], site: $0.id)
    })
  for step in 0..<steps {
    let rows = matrix.sites.map { site in
      var row = LayerRow(step: step, site: site.id)
      let size = matrix[site.id, step]!
      (row[.gradientRMS], row[.activationStd]) = (size, 1)
      return row
    }
    let weights = matrix.sites.map { site in
      WeightRow(step: step, parameter: site.id, norm: 8, updateNorm: matrix[site.id, step]! / 10)
    }
    try writer.append(
      step: StepRow(step: step, loss: exp(-Double(step) / 200), accuracy: 0.5, seconds: 0), layers: rows,
      weights: weights)
  }
  _ = try writer.finish()
  try body(folder + "/run.rheo")
}

/// The tool did not do what a benchmark asked for.
private struct ToolFailure: Error {
  let words: [String]
}

/// Runs the tool that was built beside this program.
private func runTool(_ words: String...) throws {
  let process = Process()
  process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "rheoscope")
  process.arguments = words
  process.standardOutput = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { throw ToolFailure(words: words) }
}
