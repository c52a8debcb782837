import Rheoscope
import Testing

// begin
/// Fires when the loss stays almost constant over the last half of a run.
struct Plateau: Rule {
  let name = "plateau"

  /// The change of the loss, relative to its first value, below which it counts as constant.
  static let changeLimit = 0.001
  /// The number of steps that a run must have.
  static let shortestRun = 100

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let steps = evidence.run.steps
    guard steps.count >= Self.shortestRun, let first = steps.first?.loss else { return [] }
    let half = steps.suffix(steps.count / 2), losses = half.map(\.loss)
    let change = (losses.max()! - losses.min()!) / abs(first)
    guard change < Self.changeLimit else { return [] }
    return [
      Finding(
        severity: .warning, rule: name, statement: "the loss changes by less than 0.1 % in the last half of the run",
        steps: half.first!.step...half.last!.step, measured: change, limit: Self.changeLimit,
        cause: "the learning rate is too small, or the net can't learn more", remedies: ["a larger learning rate"],
        chart: "loss")
    ]
  }
}
// end

@Suite struct RuleTests {
  private func run(learningRate: Float, in folder: String) throws -> Run {
    let model = Sequential(Linear(2, 16), Tanh(), Linear(16, 3))
    model.initialize(seed: 1)
    let optimizer = SGD(model, learningRate: learningRate)
    let recorder = try Recorder(model, optimizer, writingTo: "\(folder)/\(learningRate).rheo")
    let data = Dataset.blobs(samplesPerClass: 40, spread: 0.5, seed: 1), batch = data.batch(at: 0..<120)
    for _ in 0..<100 {
      let loss = crossEntropy(model(batch.inputs), batch.labels)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }

  @Test func firesOnARunThatStandsStillAndIsSilentOnItsTwin() throws {
    try withTemporaryFolder { folder in
      let still = diagnose(try run(learningRate: 1e-7, in: folder), rules: [Plateau()])
      #expect(still.map(\.rule) == ["plateau"] && still[0].steps == 50...99 && still[0].measured < 0.001)
      #expect(diagnose(try run(learningRate: 0.1, in: folder), rules: [Plateau()]).isEmpty)
    }
  }

  @Test func standsBesideTheOthers() throws {
    try withTemporaryFolder { folder in
      let run = try run(learningRate: 1e-7, in: folder)
      // begin diagnose
      let found = diagnose(run, rules: .all + [Plateau()])
      // end diagnose
      #expect(found.contains { $0.rule == "plateau" })
    }
  }
}
