import Foundation
import Rheoscope
import TestSupport
import Testing

/// Rules that are applied while training goes on.
@Suite struct AlarmTests {
  private func train(
    learningRate: Float, steps: Int = 120, alarm: @escaping (Finding) -> AlarmAnswer, in folder: String
  ) throws -> Run {
    let model = Sequential(Linear(4, 8), ReLU(), Linear(8, 1))
    model.initialize(seed: 1)
    let optimizer = SGD(model, learningRate: learningRate)
    let recorder = try Recorder(model, optimizer, writingTo: folder + "/run.rheo", warn: { _ in })
    recorder.setAlarms(after: 20, alarm)
    var random = RandomStream(seed: 1, name: "data")
    for _ in 0..<steps {
      let x = Tensor((0..<128).map { _ in Float(random.normalPair().0) }, shape: [32, 4])
      let loss = meanSquaredError(model(x), x.sum(axes: [1], keepingDimensions: true))
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }

  @Test func aHealthyTrainingHasNone() throws {
    try withTemporaryFolder { folder in
      let run = try train(
        learningRate: 0.05,
        alarm: {
          Issue.record("\($0)")
          return .stop
        }, in: folder)
      #expect(run.steps.count == 120)
    }
  }

  @Test func aFailingTrainingIsStoppedAndKept() throws {
    try withTemporaryFolder { folder in
      let stopped = #expect(throws: TrainingStopped.self) {
        try train(learningRate: 1000, alarm: { $0.severity == .failure ? .stop : .goOn }, in: folder)
      }
      #expect(stopped?.step == 19 && stopped?.finding.severity == .failure)
      #expect(stopped.map { "\($0)".hasPrefix("the training was stopped after step 19: failure: ") } == true)
      let kept = try Run(path: folder + "/run.rheo")
      #expect(kept.steps.count == 20)
    }
  }

  @Test func eachRuleIsReportedOnce() throws {
    try withTemporaryFolder { folder in
      var rules: [String] = []
      _ = try train(
        learningRate: 1000,
        alarm: {
          rules.append($0.rule)
          return .goOn
        }, in: folder)
      #expect(!rules.isEmpty && Set(rules).count == rules.count)
    }
  }
}
