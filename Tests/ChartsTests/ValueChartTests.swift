import CairoBackend
import Charts
import Foundation
import Plotting
import RunFile
import TestSupport
import Testing

/// Charts of measures, histograms and given values.
@Suite struct ValueChartTests {
  private func with<Result>(_ kind: SyntheticRun, _ body: ([Run]) throws -> Result) throws -> Result {
    try withTemporaryFolder { try body(kind.runs(in: $0)) }
  }

  @Test func distributionsAreDensities() throws {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/a.rheo")
      try writer.define(sites: [Site(id: 0, module: "one", kind: .linear, depth: 1, isLayer: true, shape: [1])])
      let values: [Float] = (0..<1000).map { Float($0) / 500 - 1 } + [0, 0, .nan]
      try writer.histogram(step: 0, site: 0, quantity: "activation", counts: HistogramBins.counts(of: values))
      try writer.histogram(step: 1, site: 0, quantity: "activation", counts: HistogramBins.counts(of: [.infinity]))
      let run = try writer.finish()
      let figure = try Chart.distributions(of: [run])
      let cells = try #require(figure.panels[0].marks[0] as? CellMark)
      let axis = try #require(cells.height)
      // Uniform from −1 to 1: a density of 0.5, the highest of its step, over all of the axis that holds values.
      let densities = cells.rows.map { 1e-3 * sinh(cells.values[2 * $0]) }
      let width = (axis.upperBound - axis.lowerBound) / Double(cells.rows.count)
      #expect(abs(densities.reduce(0, +) * width / 2 - 1) < 0.1, "\(densities)")
      #expect(cells.rows.allSatisfy { cells.values[2 * $0 + 1] == .infinity } && figure.colorBar?.kinds == [.infinite])
      #expect(figure.panels[0].detail == "zero: 0 % at first, 0 % at last; NaN from step 0; ±∞ from step 1")
      #expect(figure.description.contains("no numbers at step 1"))
      #expect((-1.2 ... -1).contains(axis.lowerBound) && (1...1.2).contains(axis.upperBound), "\(axis)")
      #expect(throws: ChartError.notRecorded(what: "histogram of gradients", paths: [run.path])) {
        try Chart.distributions(of: [run], quantity: "gradient")
      }
    }
  }

  @Test func aMatrixIsDrawnLikeARun() throws {
    try with(.vanishing) { runs in
      let matrix = try runs[0].layers(.gradientRMS)
      let one = try #require(Chart.heatmap(of: matrix).panels[0].marks[0] as? CellMark)
      let other = try #require(Chart.gradientFlow(of: runs[0]).panels[0].marks[0] as? CellMark)
      #expect(one.rows == other.rows && one.columns == other.columns && one.colors == other.colors)
      #expect(throws: ChartError.notGiven(what: "RMS of dL/dy")) {
        try Chart.heatmap(of: LayerMatrix(quantity: .gradientRMS, steps: [], sites: [], grid: Grid([])))
      }
    }
  }

  @Test func theWeightsThemselvesAreMarkedWhereTheyAreShown() throws {
    let around = LossSurface(name: "a", x: [-1, 0, 1], y: [-1, 1], losses: [1, 2, 3, 4, 5, 6])
    let beside = LossSurface(name: "b", x: [1, 2], y: [-1, 1], losses: [1, 2, 3, 4])
    #expect(try Chart.lossSurface([around, beside]).panels.map(\.annotations.count) == [1, 0])
  }

  @Test func ridgesAreInTheOrderOfSteps() throws {
    try with(.healthy) { runs in
      let panel = try Chart.distributions(of: runs, style: .ridges).panels[0]
      let ridges = panel.marks.compactMap { $0 as? RidgeMark }
      #expect(ridges.count == 12 && zip(ridges, ridges.dropFirst()).allSatisfy { $0.base > $1.base })
    }
  }

  @Test func noiseComesFromTheModelOrTheMedianOfItsSites() throws {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/a.rheo")
      try writer.define(
        sites: (0..<3).map { Site(id: $0, module: "l.\($0)", kind: .linear, depth: $0 + 1, isLayer: true, shape: [1]) })
      for (site, value) in [(0, 1.0), (1, 5), (2, 100)] {
        try writer.measure(step: 4, site: site, name: "gradient_snr", value: value)
      }
      let run = try writer.finish()
      let figure = try Chart.gradientNoise(of: [run])
      #expect(figure.panels.count == 1 && figure.description.contains("a: at first 5.00; last: 5.00."))
      #expect(try Chart.gradientNoise(of: [run], ChartOptions(layers: "l.2")).description.contains("last: 100."))
    }
  }

  @Test func learningRatesAreColumns() throws {
    try with(.healthy) { runs in
      let figure = try Chart.learningRates(of: runs)
      #expect(figure.panels[0].x.kind == .categorical(["0.01", "0.1"]))
      let cells = try #require(figure.panels[0].marks[0] as? CellMark)
      #expect(cells.rows.count == 50 && cells.columns.count == 2)
      // What the runs say: 0.6 × 0.01 / 8 at the output, at both rates.
      #expect(abs(cells.values[99] / 7.5e-4 - 1) < 0.1)
      #expect(throws: ChartError.notSeveralRates(count: 1)) { try Chart.learningRates(of: [runs[0]]) }
    }
    #expect(
      try with(.nonfinite) { try Chart.learningRates(of: $0) }.panels[1].annotations.map(\.text) == ["not finite"])
  }

  @Test func measuresBecomeMaps() throws {
    try with(.healthy) { runs in
      let cells = try #require(Chart.convergence(of: runs).panels[0].marks[0] as? CellMark)
      #expect(cells.columns.count == 24 && cells.rows.count == 99)
      #expect(cells.values.allSatisfy { $0 >= 0 && $0 <= 1 })
      let health = try Chart.deadAndSaturated(of: runs)
      #expect(
        health.panels.map(\.title) == [
          "alpha: dead units", "beta: dead units", "alpha: zero activations", "beta: zero activations",
        ])
    }
  }

  @Test func measuresOfTheModelAndOfSitesAreDrawnTogether() throws {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/a.rheo")
      try writer.define(
        sites: (0..<2).map { Site(id: $0, module: "l.\($0)", kind: .linear, depth: $0 + 1, isLayer: true, shape: [1]) })
      for step in 0..<3 {
        for (site, value) in [(nil, 10), (0, 2), (1, 8)] as [(Int?, Double)] {
          try writer.measure(step: step, site: site, name: "trace", value: value + Double(step))
        }
        try writer.measure(step: step, name: "only_model", value: Double(step) - 1)
        try writer.measure(step: step, site: 0, name: "signed", value: Double(step) - 1)
        try writer.measure(step: step, site: 1, name: "wide", value: pow(1000, Double(step)))
        // The later of two values at a step counts.
        for value in [9, Double(step)] { try writer.scalar(step: step, name: "score", value: value) }
      }
      let run = try writer.finish()
      let both = try Chart.measure("trace", of: run)
      let cells = try #require(both.panels[0].marks[0] as? CellMark)
      #expect(cells.values == [2, 3, 4, 8, 9, 10] && both.panels.count == 2)
      #expect(both.panels[1].marks.compactMap { $0 as? LineMark }.last?.y == [10, 11, 12])
      #expect(both.colorBar?.colors.scale.lower == 0 && both.colorBar?.colors.scale.upper == 10)
      #expect(
        try Chart.measure("only_model", of: run).panels[0].marks.compactMap { $0 as? LineMark }.last?.y == [-1, 0, 1])
      let signed = try #require(try Chart.measure("signed", of: run).colorBar).colors.scale
      #expect(signed.lower == -1 && signed.upper == 1)
      #expect(try Chart.measure("wide", of: run).colorBar?.colors.scale.kind == .log)
      #expect(try Chart.scalar("score", of: run).panels[0].marks.compactMap { $0 as? LineMark }.last?.y == [0, 1, 2])
      let names = ["only_model", "signed", "trace", "wide"]
      let error = ChartError.unknownName(kind: "measure", name: "wise", recorded: names, paths: [run.path])
      #expect(throws: error) { try Chart.measure("wise", of: run) }
      #expect(error.description.hasSuffix("recorded are wide, signed, trace, only_model"), "\(error)")
      #expect(throws: ChartError.notRecorded(what: "trace", paths: [run.path])) {
        try Chart.measure("trace", of: run, ChartOptions(steps: 10...20))
      }
      #expect(throws: ChartError.unknownName(kind: "scalar", name: "a", recorded: ["score"], paths: [run.path])) {
        try Chart.scalar("a", of: run)
      }
      let files = [ChartKind.measure("trace"), .scalar("score")]
      #expect(files.map(\.name) == ["trace", "score"])
      for kind in files { #expect(try !kind.figure(run).panels.isEmpty) }
    }
  }

  @Test func aGraphLeadsFromLeftToRight() throws {
    let graph = ComputationGraph(
      nodes: ["x", "w", "mul", "add"].map { .init($0) },
      edges: [
        .init(from: 0, to: 2, value: 2, gradient: -3), .init(from: 1, to: 2, value: 3, gradient: 2),
        .init(from: 2, to: 3),
        .init(from: 0, to: 3),
      ])
    let figure = try Chart.computationGraph(graph), marks = figure.panels[0].marks
    let boxes = marks.compactMap { $0 as? BoxMark }
    #expect(boxes.map(\.text) == ["x", "w", "mul", "add"])
    #expect(boxes.map { $0.x.lowerBound + $0.x.upperBound } == [0, 0, 2, 4])
    let arrows = marks.compactMap { $0 as? ArrowMark }
    #expect(arrows.count == 6, "one a value and one a gradient")
    #expect(arrows[5].x.count == 3, "the last edge goes around the node between")
    #expect(arrows[1].x.first! > arrows[1].x.last!, "gradients flow back")
    for (first, second) in [(0, 1), (0, 2), (1, 2), (2, 3)] {
      #expect(
        boxes[first].x.lowerBound > boxes[second].x.upperBound || !boxes[first].x.overlaps(boxes[second].x)
          || !boxes[first].y.overlaps(boxes[second].y))
    }
    #expect(figure.description.contains("x to mul: value 2.00, gradient −3.00."))
  }

  @Test func surfacesAndSpectraReportWhatIsNotDrawn() throws {
    let spectrum = JacobianSpectrum(name: "one", singularValues: [2, 0, .nan, 0.5])
    let label = try Chart.jacobianSpectrum([spectrum]).panels[0].directLabels[0]
    #expect(label.detail == "0.500 to 2.00\n1 zero\n1 not finite")
    let slice = LossSurface(name: "a", x: [0, 1], losses: [1, .infinity])
    let surface = LossSurface(name: "b", x: [0], y: [0], losses: [1])
    let figure = try Chart.lossSurface([slice, surface])
    #expect(figure.panels.count == 1 && figure.caption == "Left out: 1 slice with another number of directions.")
    #expect(figure.panels[0].directLabels[0].detail == "1.00\nnot finite at 1 point")
    #expect(throws: ChartError.notGiven(what: "losses")) { try Chart.lossSurface([]) }
    #expect(throws: ChartError.notGiven(what: "images")) { try Chart.saliency([]) }
  }

  /// Alternative texts contain a number, or what is wrong.
  @Test func everyChartHasAnAltText() throws {
    for kind in SyntheticRun.allCases {
      for (name, figure) in try kind.givenFigures() {
        #expect(figure.description.count >= 30 && figure.description.hasSuffix("."), "\(name)")
      }
    }
    try with(.nonfinite) { runs in
      for chart in ChartKind.all {
        let text = try chart.figure(runs).description
        #expect(text.count > 60 && text.contains { $0.isNumber } && text.hasSuffix("."), "\(chart.name): \(text)")
      }
    }
  }

  /// With the fonts of this machine: a missing character is drawn as a box, and no text is cut off or overlaps another.
  @Test func labelsInAnyScript() throws {
    try withTemporaryFolder { folder in
      for (variant, site) in [("残差网络", "层.一"), ("شبكة متبقية", "طبقة.٣")] {
        let writer = try RunWriter(
          path: "\(folder)/\(variant).rheo", meta: [.variant: variant, .experiment: "实验 تجربة"])
        try writer.define(sites: [Site(id: 0, module: site, kind: .linear, depth: 1, isLayer: true, shape: [1])])
        for step in 0..<20 {
          var row = LayerRow(step: step, site: 0)
          row[.gradientRMS] = 0.1
          try writer.append(step: StepRow(step: step, loss: 2.0 / Double(step + 1), seconds: 0), layers: [row])
        }
        _ = try writer.finish()
      }
      let runs = try ["残差网络", "شبكة متبقية"].map { try Run(path: "\(folder)/\($0).rheo") }
      for name in ["loss", "gradient-flow"] {
        let figure = try ChartKind.all.first { $0.name == name }!.figure(runs)
        let canvas = RecordingCanvas()
        figure.draw(on: canvas)
        #expect(
          canvas.texts.contains { $0.text.contains("残差网络") } && canvas.texts.contains { $0.text.contains("شبكة") })
        let boxes = canvas.texts.map(\.box), size = figure.size
        let areInside = boxes.allSatisfy {
          $0.left >= 0 && $0.right <= size.width && $0.top >= 0 && $0.bottom <= size.height
        }
        #expect(areInside)
        for (index, box) in boxes.enumerated() {
          let covered = boxes[..<index].filter { overlap($0, box) }
          #expect(covered.isEmpty, "\(canvas.texts[index].text)")
        }
        #expect(try figure.png().count > 1000 && figure.svg().count > 1000)
      }
    }
  }

  /// Lines of one text may touch.
  private func overlap(_ one: Rectangle, _ other: Rectangle) -> Bool {
    one.left < other.right && other.left < one.right && one.top + 2 < other.bottom && other.top + 2 < one.bottom
  }
}
