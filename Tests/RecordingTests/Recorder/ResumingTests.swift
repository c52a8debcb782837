import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// Recordings that go on from a checkpoint end as if there had been no break.
@Suite struct ResumingTests {
  /// A net with a shared module, running statistics, dropout and a part that is called from step 5 on.
  private final class Net: Module {
    let stem = Linear(6, 8), shared = Linear(8, 8), norm = BatchNorm(8), act = ReLU(), drop = Dropout(0.2)
    let late = Linear(8, 8), head = Linear(8, 3)
    var isLate = false

    override func forward(_ x: Tensor) -> Tensor {
      var y = act(norm(stem(x)))
      y = drop(act(shared(shared(y))))
      if isLate { y = y + late(y) }
      return head(y)
    }
  }

  /// Probes with and without memory; a small loss triggers one of them.
  private static var probes: ProbeSet {
    .standard + ProbeSet(DeadUnits(window: 4), EffectiveRank(), GradientCosine(), UpdateCosine())
      + ProbeSet(DistanceFromInitialization(), GradientNoise(), Alpha(), SimilarityToFinal(samples: 4, observations: 5))
      + ProbeSet(HessianTrace(vectors: 2), InputGradients(), GradientCorrelation()).every(3)
      + ProbeSet(Histograms()).on(.onceAfter { $0 < 1.09 })
  }

  private struct Training {
    let net = Net()
    let optimizer: Optimizer
    let scaler: LossScaler?
    var recorder: Recorder!

    init(_ optimizer: (Module) -> Optimizer, isScaled: Bool) {
      net.initialize(seed: 3)
      self.optimizer = optimizer(net)
      self.optimizer.schedule = .cosine(over: 20)
      scaler = isScaled ? LossScaler() : nil
    }

    /// Steps of a training with observed tensors, evaluations and steps that are not recorded.
    func train(_ steps: Range<Int>) throws {
      for step in steps {
        net.isLate = step >= 5
        var random = RandomStream(seed: UInt64(step), name: "inputs")
        let
          inputs = Tensor(
            (0..<24).flatMap { _ in
              let (a, b) = random.normalPair()
              return [Float(a), Float(b)]
            }, shape: [8, 6]), labels = (0..<8).map { ($0 + step) % 3 }
        func losses() -> Tensor { crossEntropy(net(inputs), labels) }
        let loss = losses()
        recorder.observe("loss", loss)
        if let scaler {
          scaler.scaled(loss).backward()
          scaler.step(optimizer)
        } else {
          loss.backward()
          optimizer.step()
        }
        try recorder.step(loss: loss, accuracy: 0.5, again: losses)
        if step % 4 == 1 { try recorder.record("validation_loss", Double(withoutGradients { losses() }.value)) }
      }
    }
  }

  private func check(
    _ optimizer: @escaping (Module) -> Optimizer, isScaled: Bool = false, breaks: [Int], in folder: String
  ) throws {
    let steps = 12, whole = folder + "/whole.rheo", broken = folder + "/broken.rheo", state = folder + "/state"
    var first = Training(optimizer, isScaled: isScaled)
    first.recorder = try Recorder(
      first.net, first.optimizer, writingTo: whole, probes: Self.probes, meta: ["seed": "1"], warn: { _ in })
    try first.train(0..<steps)
    _ = try first.recorder.finish(meta: ["test": "1"])

    var training = Training(optimizer, isScaled: isScaled), begin = 0
    training.recorder = try Recorder(
      training.net, training.optimizer, writingTo: broken, probes: Self.probes, meta: ["seed": "1"], warn: { _ in })
    for (index, end) in breaks.enumerated() {
      try training.train(begin..<end)
      try TrainingState(step: end).save(
        training.net, training.optimizer, training.scaler, recorder: training.recorder, to: state)
      // What comes after the checkpoint is lost, also if the recording has ended.
      try training.train(end..<min(end + 3, steps))
      if index == 0 { _ = try training.recorder.finish(meta: ["test": "0"]) } else { training.recorder = nil }
      training = Training(optimizer, isScaled: isScaled)
      training.net.isLate = end > 5
      begin = try TrainingState(restoring: training.net, training.optimizer, training.scaler, from: state).step
      #expect(begin == end)
      training.recorder = try Recorder(
        resuming: broken, from: state, training.net, training.optimizer, probes: Self.probes, warn: { _ in })
    }
    try training.train(begin..<steps)
    let run = try training.recorder.finish(meta: ["test": "1"])
    #expect(try RunComparison.differences(between: whole, and: broken) == [])
    #expect(run.events.count { $0.kind == .interrupted } == breaks.count)
    let seconds = run.steps.map(\.seconds)
    #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $0 <= $1 }, "the clock goes on too")
  }

  @Test(arguments: [[0], [1], [4], [5], [6], [12], [1, 2, 3], [3, 7, 11]]) func goesOnAfterABreak(_ breaks: [Int])
    throws
  {
    try withTemporaryFolder { folder in
      try check({ Adam($0, learningRate: 0.01) }, breaks: breaks, in: folder)
    }
  }

  @Test func goesOnWithOtherOptimizers() throws {
    let makers: [(Module) -> Optimizer] = [
      { SGD($0, learningRate: 0.1, momentum: 0.9) }, { RMSProp($0, learningRate: 0.01) },
      {
        let optimizer = SGD($0, learningRate: 0.1)
        try! optimizer.group("shared.**", isFrozen: true)
        return optimizer
      },
    ]
    for (index, make) in makers.enumerated() {
      try withTemporaryFolder { try check(make, isScaled: index == 1, breaks: [2, 6], in: $0) }
    }
  }

  // MARK: Refusals

  private func saved(in folder: String, withRecorder: Bool = true) throws {
    let net = Sequential(Linear(2, 3), ReLU(), Linear(3, 2)), optimizer = SGD(net, learningRate: 0.1)
    net.initialize(seed: 1)
    let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo")
    for step in 0..<4 {
      let loss = crossEntropy(net(Tensor([1, 2], shape: [1, 2])), [0])
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
      guard step == 2 else { continue }
      if withRecorder {
        try TrainingState(step: 3).save(net, optimizer, recorder: recorder, to: folder + "/state")
      } else {
        try TrainingState(step: 3).save(net, optimizer, to: folder + "/state")
      }
    }
    _ = try recorder.finish()
  }

  private func message(
    in folder: String, _ net: Module = Sequential(Linear(2, 3), ReLU(), Linear(3, 2)), probes: ProbeSet = .standard
  ) throws -> String {
    let before = FileManager.default.contents(atPath: folder + "/run.rheo")
    do {
      _ = try Recorder(
        resuming: folder + "/run.rheo", from: folder + "/state", net, SGD(net, learningRate: 0.1), probes: probes)
      return "no error"
    } catch {
      #expect(FileManager.default.contents(atPath: folder + "/run.rheo") == before, "the file is unchanged")
      return "\(error)".replacing(folder + "/", with: "")
    }
  }

  @Test func refusesWhatIsNotItsRecording() throws {
    try withTemporaryFolder { folder in
      try saved(in: folder)
      #expect(
        try message(in: folder, Sequential(Linear(2, 4), ReLU(), Linear(4, 2)))
          == "run.rheo: can't go on with this recording (its parameters are not those of the model); give the file as it was with its "
          + "checkpoint, or record from the beginning")
      #expect(
        try message(in: folder, probes: [ActivationStatistics()]).hasPrefix(
          "state: cannot resume training from it: its probes are "))
      try writeSmallRun(folder + "/run.rheo")
      #expect(
        try message(in: folder)
          == "run.rheo: can't go on with this recording (its table step ends at 1, but the checkpoint was saved at 3); give the file "
          + "as it was with its checkpoint, or record from the beginning")
      try FileManager.default.removeItem(atPath: folder + "/run.rheo")
      #expect(try message(in: folder) == "run.rheo: no such run file; check the path")
      try saved(in: folder, withRecorder: false)
      #expect(
        try message(in: folder)
          == "state: cannot resume training from it: it was saved without a recorder; give save(…, recorder:, to:) the recorder"
      )
    }
  }

  private func writeSmallRun(_ path: String) throws {
    let writer = try RunWriter(path: path)
    try writer.append(step: StepRow(step: 0, loss: 1, seconds: 0))
    _ = try writer.finish()
  }
}
