import Charts
import Foundation
import Plotting
import RunFile
import Support
import TestSupport
import Testing

@Suite struct ChartTests {
  private func with<Result>(_ kind: SyntheticRun, _ body: ([Run]) throws -> Result) throws -> Result {
    try withTemporaryFolder { try body(kind.runs(in: $0)) }
  }

  @Test func labelsHaveTheFactor() throws {
    try with(.vanishing) { runs in
      let labels = try Chart.gradientProfile(of: runs).panels[0].directLabels
      #expect(labels[0].detail.hasPrefix("×0.236 per layer, R² 1.00\ntheory: ×0.236"))
      #expect(labels[1].detail.hasSuffix("zero in 7 layers"))
    }
    try with(.healthy) { runs in
      let label = try Chart.gradientProfile(of: runs).panels[0].directLabels[0]
      #expect(label.detail.contains("no trend"))
    }
  }

  /// A mark is a line and a label in the panel of its run, at its first step, and a sentence for readers who can't see it.
  @Test func stepsAreMarked() throws {
    try with(.healthy) { runs in
      let marks = [
        StepMark(run: runs[0].path, step: 40, label: "dying"), StepMark(run: runs[0].path, step: 40, label: "spike"),
        StepMark(run: runs[1].path, step: 30, label: "dying"), StepMark(run: "other", step: 3, label: "other"),
      ]
      func texts(_ figure: Figure) -> [String] {
        let canvas = RecordingCanvas()
        figure.draw(on: canvas)
        return canvas.texts.map(\.text)
      }
      let loss = try Chart.loss(of: runs, ChartOptions(marks: marks))
      #expect(texts(loss).filter { $0.hasPrefix("alpha: ") } == ["alpha: dying", "alpha: spike"])
      #expect(loss.description.hasSuffix(" Marked: alpha: dying at step 30, alpha: spike at step 40."))
      #expect(try !texts(Chart.loss(of: runs)).contains { $0.contains("dying") })
      // A heatmap shows the first seed of each variant.
      let flow = try Chart.gradientFlow(of: runs, ChartOptions(marks: marks))
      #expect(flow.panels.map(\.marks.count) == [2, 1] && texts(flow).filter { $0 == "dying" }.count == 1)
      #expect(flow.description.contains(" Marked: dying at step 40, spike at step 40. beta: "))
      // No mark outside of the steps that are shown.
      let part = try Chart.gradientFlow(of: runs, ChartOptions(steps: 50...90, marks: marks))
      #expect(part.panels.map(\.marks.count) == [1, 1] && !part.description.contains("Marked"))
      let single = try Chart.loss(of: runs[0], ChartOptions(marks: marks))
      #expect(single.description.hasSuffix(" Marked: dying at step 40, spike at step 40."))
    }
  }

  @Test func theProfileOfARecurrentNetGoesAlongItsCalls() throws {
    try withTemporaryFolder { folder in
      let figure = try Chart.gradientProfile(of: SyntheticNet.recurrent.run(in: folder)), panel = figure.panels[0]
      let dots = try #require(panel.marks.compactMap { $0 as? DotMark }.first)
      #expect(dots.x == (0..<20).map(Double.init))
      let expected: [Double] = (0..<20).map { 0.01 * pow(0.7, Double(19 - $0)) }
      let isAsRecorded = zip(dots.y, expected).allSatisfy { abs($0 / $1 - 1) < 1e-12 }
      #expect(isAsRecorded, "\(dots.y)")
      #expect(panel.x.title == "call of cell" && panel.x.range == -0.5...19.5)
      #expect(panel.directLabels[0].detail == "×0.700 per call, R² 1.00")
      #expect(figure.title == "Gradient over calls of cell · nets" && figure.caption.hasPrefix("Factor per call "))
      #expect(try Chart.gradientStrip(of: SyntheticNet.recurrent.run(in: folder)).panels[0].x.title == "call of cell")
    }
  }

  @Test func layersThatShareADepthAreOnePoint() throws {
    try withTemporaryFolder { folder in
      let panel = try Chart.gradientProfile(of: SyntheticNet.branches.run(in: folder)).panels[0]
      let dots = try #require(panel.marks.compactMap { $0 as? DotMark }.first)
      #expect(dots.x == (1...7).map(Double.init) && panel.x.title == "layer")
      // √((4 · 1² + 1 · 2²) / 5) of the left layer's gradient.
      let pairs: [Double] = (1...5).map { 1e-3 * pow(2, Double($0)) * 1.6.squareRoot() }
      let expected: [Double] = [1e-3] + pairs + [0.064]
      let isRootMeanSquare = zip(dots.y, expected).allSatisfy { abs($0 / $1 - 1) < 1e-12 }
      #expect(isRootMeanSquare, "\(dots.y)")
      #expect(panel.directLabels[0].detail == "×0.500 per layer, R² 1.00")
    }
  }

  /// Reads the list itself: a function of another name would compile too.
  @Test func everyChartIsDrawnByTheFunctionOfItsName() throws {
    let path = "\(repositoryRoot)/Sources/Charts/Building/ChartKind.swift"
    let source = try String(contentsOfFile: path, encoding: .utf8)
    let list = try #require(source.range(of: "static let all = [")).upperBound
    let pairs = source[list...].matches(of: /name: "([a-z-]+)"(?s:.*?)Chart\.(\w+)\(of: \$0, \$1\)/).map {
      (name: String($0.1), function: String($0.2))
    }
    #expect(pairs.map(\.name) == ChartKind.all.map(\.name))
    for (name, function) in pairs {
      let parts = name.split(separator: "-")
      #expect(function == parts[0] + parts.dropFirst().map(\.capitalized).joined(), "\(name)")
    }
  }

  @Test func oneRunIsDrawnLikeAListOfIt() throws {
    try with(.healthy) { runs in
      func calls(_ figure: Figure) -> [String] {
        let canvas = RecordingCanvas()
        figure.draw(on: canvas)
        return canvas.calls
      }
      let one = try Chart.gradientFlow(of: runs[0]), list = try Chart.gradientFlow(of: [runs[0]])
      let all = try Chart.gradientFlow(of: runs)
      #expect(calls(one) == calls(list) && calls(one) != calls(all))
    }
  }

  @Test func valuesThatAreNotFiniteAreMarked() throws {
    try with(.nonfinite) { runs in
      let loss = try Chart.loss(of: runs)
      #expect(loss.panels[0].annotations.map(\.text) == ["NaN, step 70", "NaN, step 80"])
      #expect(loss.panels[0].directLabels.contains { $0.text == "beta" && $0.detail == "2 of 2 seeds diverge" })
      #expect(loss.description.contains("2 of 2 seeds diverge"))
      let accuracy = try Chart.accuracy(of: runs).panels[0].directLabels.first { $0.text == "beta" }
      #expect(
        accuracy?.detail.hasSuffix(", step 79") == true && accuracy?.hasLeader == false, "it ends before the others")
      let flow = try Chart.gradientFlow(of: runs)
      #expect(flow.colorBar?.kinds == [.notANumber, .infinite])
      #expect(flow.subtitle.contains("beta is not finite from step 70"))
    }
    #expect(try with(.vanishing) { try Chart.gradientFlow(of: $0) }.colorBar?.kinds == [.zero])
    #expect(try with(.healthy) { try Chart.gradientFlow(of: $0) }.colorBar?.kinds == [.notRecorded])
  }

  @Test func aSeedThatIsNeverFiniteIsMarkedToo() throws {
    try withTemporaryFolder { folder in
      let writer = try RunWriter(path: folder + "/a.rheo")
      for step in 0..<3 { try writer.append(step: StepRow(step: step, loss: .nan, seconds: 0)) }
      let figure = try Chart.loss(of: [writer.finish()])
      #expect(figure.panels[0].annotations.map(\.text) == ["NaN, step 0"])
      let canvas = RecordingCanvas()
      figure.draw(on: canvas)
      #expect(canvas.texts.contains { $0.text == "NaN, step 0" })
    }
  }

  @Test func coloursReachOverWholeDecades() throws {
    try with(.healthy) { runs in
      let key = try #require(Chart.gradientFlow(of: runs).colorBar)
      #expect(
        key.colors.scale.lower == 1e-4 && key.colors.scale.upper == 1e-1 && !key.extendsBelow && !key.extendsAbove)
    }
  }

  @Test func aPartCanBeShown() throws {
    try with(.healthy) { runs in
      let options = ChartOptions(steps: 10...20, layers: "layers.4", smoothing: 0)
      let flow = try Chart.gradientFlow(of: runs, options)
      #expect((flow.panels[0].marks[0] as? CellMark)?.columns == (10...20).map(Double.init))
      #expect((flow.panels[0].marks[0] as? CellMark)?.rows == [4])
      #expect(try Chart.loss(of: runs, options).caption.isEmpty)
      #expect(throws: ChartError.self) { try Chart.gradientFlow(of: runs, ChartOptions(layers: "nowhere.**")) }
      #expect(throws: ChartError.self) { try Chart.loss(of: runs, ChartOptions(steps: 1000...2000)) }
    }
  }

  @Test func emptyRunsThrowAnErrorThatNamesThem() throws {
    try withTemporaryFolder { folder in
      let run = try RunWriter(path: folder + "/empty.rheo").finish()
      for kind in ChartKind.all {
        #expect(throws: ChartError.noRuns) { try kind.figure([Run]()) }
        let error = #expect(throws: ChartError.self) { try kind.figure([run]) }
        if ![.notTwo(count: 1), .notSeveralRates(count: 0)].contains(error) {
          #expect(error?.description.contains("empty.rheo") == true, "\(kind.name)")
        }
      }
    }
  }

  @Test func runsWithoutStepsThrowNoSteps() throws {
    try withTemporaryFolder { folder in
      let run = try RunWriter(path: folder + "/empty.rheo").finish()
      let charts: [([Run]) throws -> Figure] = [
        { try Chart.loss(of: $0) }, { try Chart.gradientFlow(of: $0) }, { try Chart.gradientProfile(of: $0) },
        { try Chart.gradientStrip(of: $0) }, { try Chart.updateRatio(of: $0) }, { try Chart.dashboard(of: $0) },
      ]
      for chart in charts { #expect(throws: ChartError.noSteps(paths: [run.path])) { try chart([run]) } }
      #expect(ChartError.noSteps(paths: ["a"]).description.hasPrefix("a: no step is recorded there; call"))
    }
  }

  @Test func seedsThatDivergeStayInTheBand() {
    let statistics = SeedStatistics([
      (steps: [0, 1], values: [1, 2]), (steps: [0, 1], values: [3, .nan]), (steps: [0, 1], values: [2, 4]),
    ])
    #expect(statistics.median == [2, 4] && statistics.low == [1, 2] && statistics.high == [3, .infinity])
    let uneven = SeedStatistics([(steps: [0, 2], values: [1, 5]), (steps: [2, 3], values: [7, 8])])
    #expect(uneven.steps == [0, 2, 3] && uneven.median == [1, 6, 8])
    let many = SeedStatistics((0..<5).map { (steps: [0], values: [Double($0)]) })
    #expect(many.low == [1] && many.median == [2] && many.high == [3])
  }

  @Test func smoothingIsDebiased() {
    #expect(smoothed([2, 2, 2], weight: 0.9).allSatisfy { abs($0 - 2) < 1e-12 })
    let one = smoothed([1, 0], weight: 0.5)
    #expect(abs(one[0] - 1) < 1e-12 && abs(one[1] - 1.0 / 3) < 1e-12)
    let broken = smoothed([1, .nan, 5], weight: 0.5)
    #expect(broken[1].isNaN && broken[2] == 5)
    #expect(smoothed([1, 2], weight: 0) == [1, 2])
  }
}
