import Rheoscope
import TestSupport
import Testing

/// Steps that a loss scaler skips until it has found a scale that float16 can bear.
@Suite struct SkippedStepTests {
  @Test(arguments: ["standard", "thorough", "every second step"]) func areToldForWhatTheyAre(_ way: String) throws {
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(6, 8), Tanh(), Linear(8, 3))
      net.initialize(seed: 1)
      let optimizer = SGD(net, learningRate: 0.1), scaler = LossScaler(scale: 0x1p24)
      var notices: [String] = [], skipped: [Int] = []
      let probes: ProbeSet = way == "standard" ? .standard : way == "thorough" ? .thorough : .standard.every(2)
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo", probes: probes, warn: { notices.append($0) })
      let inputs = Tensor(sampleValues(30), shape: [5, 6])
      for step in 0..<30 {
        let loss = withPrecision(.float16) { crossEntropy(net(inputs), [0, 1, 2, 0, 1]) }
        scaler.scaled(loss).backward()
        if !scaler.step(optimizer) { skipped.append(step) }
        try recorder.step(loss: loss)
      }
      let run = try recorder.finish()
      #expect((3..<16).contains(skipped.count) && skipped == Array(0..<skipped.count), "\(skipped)")
      #expect(notices.isEmpty, "\(notices)")
      #expect(run.events.map(\.kind) == skipped.map { _ in "skipped" } && run.events.map(\.step) == skipped)
      #expect(run.events[0].text == "skipped step: gradients overflowed at loss scale 1.67772e+07")
      #expect(run.events[0].site == nil)
      #expect(try run.layers(.gradientNonfiniteCount)[0, 0].map { $0 > 0 } == true, "the row says what was")
      #expect(try run.weights(.updateNorm).steps.first != 0)
      #expect(diagnose(run).isEmpty, "\(diagnose(run))")
    }
  }

  /// What was skipped before is no longer so when the step is taken.
  @Test func aStepThatIsTakenAfterwardsIsNotSkipped() throws {
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(6, 3))
      net.initialize(seed: 1)
      let optimizer = SGD(net, learningRate: 0.1), scaler = LossScaler()
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", warn: { _ in })
      for pass in 0..<4 {
        let loss = net(Tensor(sampleValues(30), shape: [5, 6])).mean()
        scaler.scaled(pass % 2 == 0 ? loss * .infinity : loss).backward()
        if scaler.step(optimizer) { try recorder.step(loss: loss) }
      }
      let run = try recorder.finish()
      #expect(run.steps.count == 2 && !run.events.contains { $0.kind == "skipped" })
      #expect(try run.weights(.updateNorm)[0, 1] != nil)
    }
  }

  /// No scale helps gradients that are NaN.
  @Test func areAFaultWhereTheyGoOn() throws {
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(6, 3))
      net.initialize(seed: 1)
      let optimizer = SGD(net, learningRate: 0.1), scaler = LossScaler()
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", warn: { _ in })
      for _ in 0..<20 {
        let outputs = net(Tensor(sampleValues(30), shape: [5, 6]))
        scaler.scaled(outputs.sum() * .infinity).backward()
        #expect(!scaler.step(optimizer))
        try recorder.step(loss: outputs.sum())
      }
      let found = diagnose(try recorder.finish())
      #expect(found.map(\.rule) == ["skipped steps"] && found[0].steps == 0...19)
    }
  }
}
