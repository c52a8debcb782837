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
          marks: [LineMark(x: steps.map { $0.learningRate! }, y: steps.map(\.loss), ink: .series(0))])
      ],
      description: "Loss over learning rate, \(steps.count) steps.")
  }
}
// end

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
}
