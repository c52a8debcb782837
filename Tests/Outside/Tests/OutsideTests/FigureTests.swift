import Foundation
import Rheoscope
import Testing

// begin
extension Chart {
  /// The loss of each step against the learning rate of the step.
  static func lossOverLearningRate(of run: Run) -> Figure {
    let steps = run.steps.filter { $0.learningRate != nil }
    return Figure(
      title: "Loss over learning rate",
      panels: [
        Panel(
          x: Axis(.log, "learning rate"), y: Axis(.linear, "loss"),
          marks: [LineMark(x: steps.map { $0.learningRate! }, y: steps.map(\.loss), color: .series(0))])
      ],
      description: "Loss over learning rate, \(steps.count) steps.")
  }
}
// end

// begin mark
/// A vertical bar from a low to a high value at each x.
struct ErrorBarMark: Mark {
  var x, low, high: [Double]
  var color: ColorRole

  func extend(_ limits: inout DataLimits) {
    limits.x.include(x)
    limits.y.include(low)
    limits.y.include(high)
  }

  func draw(in area: PlotArea, on canvas: any Canvas) {
    let stroke = Stroke(area.theme.color(color), width: 1.5)
    for index in x.indices {
      guard let bottom = area.point(x[index], low[index]), let top = area.point(x[index], high[index]) else { continue }
      canvas.stroke([bottom, top], stroke)
    }
  }
}
// end mark

@Suite struct FigureTests {
  @Test func isDrawnFromMarks() throws {
    try withTemporaryFolder { folder in
      let model = Linear(2, 3)
      model.initialize(seed: 1)
      let optimizer = SGD(model, learningRate: 0.01)
      optimizer.schedule = .exponential(factor: 1.05)
      let recorder = try Recorder(model, optimizer, writingTo: folder + "/run.rheo")
      for batch in Dataset.blobs(samplesPerClass: 20, seed: 1).batches(of: 20, seed: 1).prefix(100) {
        let loss = crossEntropy(model(batch.inputs), batch.labels)
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
      }
      let figure = Chart.lossOverLearningRate(of: try recorder.finish())
      for name in ["figure.png", "figure.svg", "figure.pdf"] {
        try figure.write(to: "\(folder)/\(name)")
        #expect(try Data(contentsOf: URL(filePath: "\(folder)/\(name)")).count > 3000)
      }
      let svg = try String(contentsOfFile: "\(folder)/figure.svg", encoding: .utf8)
      #expect(svg.contains("learning rate") && svg.contains("100 steps"))
    }
  }

  @Test func takesAMarkOfAUser() throws {
    func svg(_ marks: [any Mark]) throws -> String {
      try withTemporaryFolder { folder in
        let panel = Panel(x: Axis(.linear), y: Axis(.linear, range: 0...4), marks: marks)
        try Figure(panels: [panel]).write(to: folder + "/figure.svg")
        return try String(contentsOfFile: folder + "/figure.svg", encoding: .utf8)
      }
    }
    let dots = DotMark(x: [1, 2, 3], y: [2, 2, 2], color: .series(0))
    let bars = ErrorBarMark(x: [1, 2, 3], low: [1, 1, 1], high: [3, 3, .nan], color: .series(0))
    let difference =
      try svg([dots, bars]).components(separatedBy: "<path").count - svg([dots]).components(separatedBy: "<path").count
    #expect(difference == 2, "a bar without a position is left out")
  }
}
