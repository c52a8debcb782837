import Autodiff
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// Modules and parameters that change during a recording.
@Suite struct ChangedModelTests {
  private func train(_ net: Module, _ optimizer: Optimizer, steps: Int, _ recorder: Recorder) throws {
    let inputs = Tensor(sampleValues(30), shape: [5, 6])
    for _ in 0..<steps {
      let loss = crossEntropy(net(inputs), [0, 1, 2, 0, 1])
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
    }
  }

  private final class Replaceable: Module {
    var head: Module = Linear(6, 3)
    override func forward(_ x: Tensor) -> Tensor { head(x) }
  }

  /// The parameters of both modules have rows of their own.
  @Test func aModuleReplacedByOneOfTheSameKind() throws {
    try withTemporaryFolder { folder in
      let net = Replaceable()
      net.initialize(seed: 0)
      let recorder = try Recorder(
        net, SGD(net, learningRate: 0.1), writingTo: folder + "/run.rheo", warn: { _ in })
      try train(net, SGD(net, learningRate: 0.1), steps: 2, recorder)
      net.head = Linear(6, 3)
      net.initialize(seed: 1)
      try train(net, SGD(net, learningRate: 0.1), steps: 3, recorder)
      let run = try recorder.finish()
      #expect(try RunFileCheck.problems(at: run.path) == [])
      #expect(run.parameters.map(\.path) == ["head.weight", "head.bias", "head.weight (2)", "head.bias (2)"])
      #expect(run.events.map(\.kind).filter { $0 != .warning } == [.replaced])
    }
  }

  /// A parameter gets its site when its module is first recorded, and keeps the state in which it began.
  @Test func parametersHaveSitesWhereRecordingBeginsLater() throws {
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(6, 4), Linear(4, 3))
      net.initialize(seed: 0)
      let optimizer = SGD(net, learningRate: 0.1)
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo", probes: .standard.on(.at([2])), warn: { _ in })
      try optimizer.group("0.**", isFrozen: true)
      try train(net, optimizer, steps: 1, recorder)
      try optimizer.group("1.**", isFrozen: true)
      try train(net, optimizer, steps: 2, recorder)
      let run = try recorder.finish()
      #expect(run.parameters.map(\.site) == [0, 0, 1, 1])
      #expect(run.parameters.map(\.isFrozen) == [true, true, false, false])
      #expect(run.events.map(\.text) == ["1.weight", "1.bias"].map { "\($0) is frozen from this step on" })
    }
  }

  /// If every step is recorded, the replacement is found one step later; otherwise at the next recorded step. The new module is
  /// initialized with the model, or alone.
  @Test(arguments: [1, 2], [true, false])
  func replacedModulesAreRecordedFromTheNextObservationOn(_ interval: Int, _ isInitializedAlone: Bool) throws {
    try withTemporaryFolder { folder in
      let net = Replaceable()
      net.initialize(seed: 0)
      var notices: [String] = []
      let recorder = try Recorder(
        net, SGD(net, learningRate: 0.1), writingTo: folder + "/run.rheo", probes: .standard.every(interval),
        warn: { notices.append($0) })
      try train(net, SGD(net, learningRate: 0.1), steps: 2, recorder)
      let other = Sequential(Linear(6, 6), Linear(6, 3))
      if isInitializedAlone { other.initialize(seed: 1) }
      net.head = other
      if !isInitializedAlone { net.initialize(seed: 1) }
      try train(net, SGD(net, learningRate: 0.1), steps: 4, recorder)
      let run = try recorder.finish(), gradients = try run.layers(.gradientRMS)
      #expect(try RunFileCheck.problems(at: run.path) == [])
      #expect(run.events.filter { $0.kind == .replaced }.map(\.text) == ["new in the model: head, head.0, head.1"])
      func steps(_ path: String) throws -> [Int] {
        let site = try #require(run.sites.firstIndex { $0.path == path })
        return gradients.steps.indices.filter { gradients[site, $0] != nil }.map { gradients.steps[$0] }
      }
      let first = interval == 1 ? 3 : 4
      #expect(try steps("head") == Array(stride(from: 0, to: 2, by: interval)))
      #expect(try steps("head.0") == Array(stride(from: first, to: 6, by: interval)))
      #expect(try steps("head.1") == Array(stride(from: first, to: 6, by: interval)))
      #expect(
        notices.filter { $0.contains("new modules") } == [
          "“head”, “head.0”, “head.1” are new modules of the model, recorded as new sites from step \(first) on; to train them, make "
            + "a new optimizer and a new recorder"
        ])
      #expect(!net.hasHooks)
    }
  }

  /// Also where a branch that is not taken makes checks rare.
  @Test(arguments: [0, 1, 2, 5]) func everyReplacementIsFound(_ stepsWithoutBranch: Int) throws {
    final class Branching: Module {
      var head: Module = Linear(6, 3)
      let branch = Linear(6, 3)
      var takesBranch = true
      override func forward(_ x: Tensor) -> Tensor { takesBranch ? head(x) + branch(x) : head(x) }
    }
    try withTemporaryFolder { folder in
      let net = Branching()
      net.initialize(seed: 0)
      var notices: [String] = []
      let recorder = try Recorder(
        net, SGD(net, learningRate: 0.1), writingTo: folder + "/run.rheo", warn: { notices.append($0) })
      func train(_ steps: Int) throws { try self.train(net, SGD(net, learningRate: 0.1), steps: steps, recorder) }
      for _ in 0..<stepsWithoutBranch {
        net.takesBranch = true
        try train(1)
        net.takesBranch = false
        try train(1)
      }
      net.takesBranch = true
      try train(1)
      let count = 6
      for index in 0..<count {
        net.head = Linear(6, 3)
        net.initialize(seed: UInt64(index))
        try train(8)
      }
      let run = try recorder.finish()
      #expect(run.sites.filter { $0.path == "head" }.count == count + 1)
      #expect(notices.filter { $0.hasPrefix("“head”") }.count == count)
    }
  }
}
