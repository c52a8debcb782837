import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

private final class WithParent: Module {
  final class Child: Module {
    weak var parent: WithParent?
    var strong: Module?
    let layer = Linear(6, 4), head = Linear(4, 1)

    override func forward(_ x: Tensor) -> Tensor { head(layer(x)) }
  }

  let child = Child()

  override init() {
    super.init()
    child.parent = self
  }

  override func forward(_ x: Tensor) -> Tensor { child(x) }
}

@Suite struct RecorderTests {
  private func net() -> Sequential {
    let net = Sequential(
      Linear(6, 8, initializer: .heNormal), Sequential(Residual(ReLU(), Linear(8, 8), scale: 0.5), HookPoint()),
      Sigmoid(), Linear(8, 3))
    net.initialize(seed: 2)
    return net
  }

  private let inputs = Tensor(sampleValues(30), shape: [5, 6])
  private let labels = [0, 1, 2, 0, 1]

  private func train(_ net: Module, _ optimizer: Optimizer, steps: Int, _ recorder: Recorder? = nil) throws -> [Float] {
    try (0..<steps).map { _ in
      let loss = crossEntropy(net(inputs), labels)
      loss.backward()
      optimizer.step()
      try recorder?.step(loss: loss)
      _ = withoutGradients { net(inputs * 100) }
      return loss.value
    }
  }

  @Test func sitesAreTheTensorsOfAForwardPass() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: 0.1)
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo")
      _ = try train(net, optimizer, steps: 2, recorder)
      let run = try recorder.finish()
      #expect(
        run.sites.map { "\($0.path) \($0.kind) \($0.depth) \($0.shape) \($0.isLayer)" } == [
          "0 Linear 1 [5, 8] true", "1.0.0 ReLU 1 [5, 8] false", "1.0.1 Linear 2 [5, 8] true",
          "1.0 Residual 2 [5, 8] false", "1.1 HookPoint 2 [5, 8] false", "2 Sigmoid 2 [5, 8] false",
          "3 Linear 3 [5, 3] true",
        ])
      #expect(!net.hasHooks)
    }
  }

  @Test func rowsEqualASlowComputation() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: 0.1, momentum: 0.9)
      var outputs: [[Double]] = [], gradients: [[Double]] = []
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo")
      let handles = [
        try net.onForward("2") { _, y in
          if y.isOnTape { outputs.append(y.values.map(Double.init)) }
          return nil
        },
        try net.onBackward("2") { _, g in
          gradients.append(g.values.map(Double.init))
          return nil
        },
      ]
      let weight = net.parameters.first { $0.path == "1.0.1.weight" }!.parameter
      var weights: [[Double]] = [], weightGradients: [[Double]] = []
      for _ in 0..<4 {
        let loss = crossEntropy(net(inputs), labels)
        loss.backward()
        weights.append(weight.value.values.map(Double.init))
        weightGradients.append(weight.gradient!.values.map(Double.init))
        optimizer.step()
        try recorder.step(loss: loss)
      }
      weights.append(weight.value.values.map(Double.init))
      for handle in handles { handle.remove() }
      let run = try recorder.finish()
      func norm(_ v: [Double]) -> Double { v.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      func found(_ quantity: LayerQuantity, _ path: String, _ step: Int) throws -> Double {
        try #require(try run.layers(quantity)[run.sites.firstIndex { $0.path == path }!, step])
      }
      for step in 0..<4 {
        let y = outputs[step], g = gradients[step], n = Double(y.count)
        let mean = y.reduce(0, +) / n
        let expected: [(LayerQuantity, String, Double)] = [
          (.activationMean, "2", mean), (.activationRMS, "2", norm(y) / n.squareRoot()),
          (.activationStd, "2", (y.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n).squareRoot()),
          (.activationMin, "2", y.min()!), (.activationMax, "2", y.max()!),
          (.saturatedFraction, "2", Double(y.filter { $0 * (1 - $0) < 0.025 }.count) / n),
          (.gradientRMS, "2", norm(g) / n.squareRoot()),
          (.gradientMax, "2", g.map(abs).max()!),
        ]
        for (quantity, path, value) in expected {
          #expect(
            abs(try found(quantity, path, step) - value) <= 1e-6 * max(abs(value), 1e-3), "\(quantity) at step \(step)")
        }
        let ofWeights: [(WeightQuantity, Double)] = [
          (.norm, norm(weights[step])), (.gradientNorm, norm(weightGradients[step])),
          (.gradientMax, weightGradients[step].map(abs).max()!),
          (.updateNorm, norm(zip(weights[step + 1], weights[step]).map { $0 - $1 })),
        ]
        for (quantity, value) in ofWeights {
          let matrix = try run.weights(quantity), row = matrix.parameters.firstIndex { $0.path == "1.0.1.weight" }!
          #expect(abs(matrix[row, step]! - value) <= 1e-6 * max(abs(value), 1e-3), "\(quantity) at step \(step)")
        }
      }
      #expect(try run.layers(.saturatedFraction)[0, 0] == nil)
      let ratios = try run.weights([.updateNorm, .norm])
      #expect(ratios[0].parameters.map(\.path) == ["0.weight", "1.0.1.weight", "3.weight"])
      let site = 1
      for step in 0..<4 {
        let expected = norm(zip(weights[step + 1], weights[step]).map { $0 - $1 }) / norm(weights[step])
        let ratio = try #require(ratios[0][site, step]) / #require(ratios[1][site, step])
        #expect(abs(ratio / expected - 1) < 1e-5, "the update-to-weight ratio at step \(step): \(ratio), \(expected)")
      }
    }
  }

  @Test(arguments: ["sgd", "momentum", "adam"]) func recordingChangesNothing(_ rule: String) throws {
    try withTemporaryFolder { folder in
      func optimizer(_ net: Module) -> Optimizer {
        rule == "adam" ? Adam(net, learningRate: 0.01) : SGD(net, learningRate: 0.1, momentum: rule == "sgd" ? 0 : 0.9)
      }
      let plain = net(), watched = net()
      let watchedOptimizer = optimizer(watched)
      let recorder = try Recorder(watched, watchedOptimizer, writingTo: folder + "/run.rheo")
      let losses = try train(watched, watchedOptimizer, steps: 30, recorder)
      #expect(try train(plain, optimizer(plain), steps: 30) == losses)
      #expect(try recorder.finish().steps.map { Float($0.loss) } == losses)
      for (a, b) in zip(plain.parameters, watched.parameters) {
        #expect(a.parameter.value.values == b.parameter.value.values)
      }
    }
  }

  @Test func aNonfiniteRunIsReportedOnceAndContinues() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: .greatestFiniteMagnitude)
      var notices: [String] = []
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", warn: { notices.append($0) })
      _ = try train(net, optimizer, steps: 5, recorder)
      let run = try recorder.finish()
      #expect(run.steps.count == 5 && run.steps[4].loss.isNaN)
      #expect(notices.count == 1 && notices[0].contains("at step 1 at "))
      #expect(run.events.count == 1 && run.events[0].step == 1)
    }
  }

  @Test func theWrongOrderIsWarnedOf() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: 0.1)
      var notices: [String] = []
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", warn: { notices.append($0) })
      for _ in 0..<3 {
        let loss = crossEntropy(net(inputs), labels)
        loss.backward()
        try recorder.step(loss: loss)
        optimizer.step()
      }
      #expect(
        notices == [
          "step() of SGD was not called between backward() and recorder.step() in step 0, so “0.weight”, “0.bias”, “1.0.1.weight” and 3 more "
            + "have gradients but were not updated, and updates are not recorded; call it before recorder.step()"
        ])
      #expect(try recorder.finish().weights(.updateNorm).steps.isEmpty)
    }
  }

  /// Layers whose parameters are trained but which are not called as functions.
  @Test func layersThatAreNotCalledAreWarnedOf() throws {
    final class Net: Module {
      let stem = Linear(6, 4), unused = Linear(6, 4), byHand = Linear(4, 3)

      override func forward(_ x: Tensor) -> Tensor { byHand.forward(stem(x)) }
    }
    try withTemporaryFolder { folder in
      let net = Net(), optimizer = SGD(net, learningRate: 0.1)
      net.initialize(seed: 1)
      var notices: [String] = []
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", warn: { notices.append($0) })
      _ = try train(net, optimizer, steps: 3, recorder)
      #expect(
        notices == [
          "forward of “byHand” was called by hand in step 0: its parameters got gradients, but it was not called as a module, so not recorded; "
            + "write module(x) instead of module.forward(x)",
          "“unused” has parameters but was not called in step 0, so not recorded, and no gradient reaches the parameters; call the module in "
            + "forward, or remove it",
        ])
      #expect(try recorder.finish().events.map(\.kind) == [.setupWarning, .warning])
    }
  }

  /// A module whose first calls are without gradients is recorded from its first call with gradients on.
  @Test func callsOffTheTapeTakeNoSite() throws {
    final class Net: Module {
      let encoder = Linear(6, 6), rectify = ReLU(), head = Linear(6, 3)

      override func forward(_ x: Tensor) -> Tensor {
        let target = withoutGradients { encoder(rectify(x)) }
        return head(rectify(encoder(rectify(x))) + target)
      }
    }
    try withTemporaryFolder { folder in
      let net = Net(), optimizer = SGD(net, learningRate: 0.1)
      net.initialize(seed: 1)
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo")
      _ = try train(net, optimizer, steps: 3, recorder)
      let run = try recorder.finish()
      #expect(
        run.sites.map { "\($0.path) \($0.depth) \($0.isLayer)" } == [
          "encoder[1] 1 true", "rectify[2] 1 false", "head 2 true",
        ])
      #expect(try run.weights(.norm)[0, 2] != nil && run.layers(.gradientRMS)[0, 2] != nil)
    }
  }

  @Test func aPassMayOutliveItsRecorder() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: 0.1)
      var recorder: Recorder? = try Recorder(net, optimizer, writingTo: folder + "/run.rheo")
      let hidden = net(inputs)
      recorder?.observe("hidden", hidden)
      weak let gone = recorder
      recorder = nil
      crossEntropy(hidden, labels).backward()
      #expect(gone == nil && net.parameters.allSatisfy { $0.parameter.gradient != nil })
    }
  }

  @Test func recordersOfOneOptimizerLeaveEachOtherAlone() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: 0.1)
      let first = try Recorder(net, optimizer, writingTo: folder + "/first.rheo")
      let second = try Recorder(net, optimizer, writingTo: folder + "/second.rheo")
      _ = try first.finish()
      _ = try train(net, optimizer, steps: 2, second)
      #expect(try second.finish().weights(.updateNorm)[0, 1] != nil)
    }
  }

  @Test func everyMatrixHasItsNorms() throws {
    final class Cell: Module {
      let wx = Parameter([8, 6], initializer: .heNormal), wh = Parameter([8, 8], initializer: .heNormal)

      override func forward(_ x: Tensor) -> Tensor {
        matmul(matmul(x, wx.value, transposeRight: true), wh.value, transposeRight: true)
      }
    }
    final class Single: Module {
      let map = Parameter([8, 8], initializer: .heNormal), shift = Parameter([8], initializer: .zeros)

      override func forward(_ x: Tensor) -> Tensor { matmul(x, map.value) + shift.value }
    }
    final class Net: Module {
      let scale = Parameter([6], initializer: .constant(1))
      let cell = Cell(), single = Single(), head = Linear(8, 3)

      override func forward(_ x: Tensor) -> Tensor { head(single(cell(x * scale.value))) }
    }
    try withTemporaryFolder { folder in
      let net = Net(), optimizer = SGD(net, learningRate: 0.1)
      net.initialize(seed: 1)
      var notices: [String] = []
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", warn: { notices.append($0) })
      _ = try train(net, optimizer, steps: 3, recorder)
      #expect(notices.isEmpty)
      let run = try recorder.finish(), norms = try run.weights(.updateNorm)
      #expect(norms.parameters.map(\.path) == ["cell.wx", "cell.wh", "single.map", "head.weight"])
      #expect(norms.parameters.indices.allSatisfy { index in norms.row(index).allSatisfy { $0 != nil } })
      #expect(run.parameters.map(\.path).contains("scale") && run.parameters.allSatisfy { $0.optimizers == [0] })
      #expect(run.parameters.first { $0.path == "scale" }!.site == nil, "its module's output is a child's")
    }
  }

  @Test func aRecordingWithoutAStepPrintsAWarning() throws {
    try withTemporaryFolder { folder in
      var notices: [String] = []
      let recorder = try Recorder(writingTo: folder + "/run.rheo", warn: { notices.append($0) })
      recorder.observe("x", Tensor([1, 2], shape: [2]))
      #expect(try recorder.finish().steps.isEmpty)
      #expect(notices == ["no step is recorded; call recorder.step(loss:) after each optimizer.step()"])
    }
  }

  @Test func callsAfterFinishThrowAndTrainingGoesOn() throws {
    try withTemporaryFolder { folder in
      var notices: [String] = []
      let net = net(), optimizer = SGD(net, learningRate: 0.1), path = folder + "/run.rheo"
      let recorder = try Recorder(net, optimizer, writingTo: path, warn: { notices.append($0) })
      _ = try train(net, optimizer, steps: 2, recorder)
      let run = try recorder.finish(), finished = RunFileError.finished(path: path)
      #expect(throws: finished) { try train(net, optimizer, steps: 1, recorder) }
      #expect(throws: finished) { try recorder.record("late", 1) }
      #expect(throws: finished) { try recorder.record(Evaluation(loss: 1)) }
      #expect(throws: finished) { try recorder.finish() }
      for _ in 0..<2 { recorder.observe("hidden", Tensor([1, 2], shape: [2])) }
      #expect(notices == ["“hidden” was observed after recorder.finish(), so it is not recorded"])
      #expect(try run.steps.count == 2 && Run(path: path).isFinished && Run(path: path).scalarNames().isEmpty)
    }
  }

  /// A module that refers weakly to the one that holds it is recorded as any other; one that holds it stops with both paths.
  @Test func aModelThatRefersToItsParentIsRecorded() async throws {
    try withTemporaryFolder { folder in
      let model = WithParent()
      model.initialize(seed: 1)
      let optimizer = SGD(model, learningRate: 0.1)
      let recorder = try Recorder(model, optimizer, writingTo: folder + "/run.rheo")
      let loss = model(inputs).sum()
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
      #expect(try recorder.finish().sites.map(\.path) == ["child.layer", "child.head"])
    }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = WithParent()
      model.child.strong = model
      try withTemporaryFolder {
        _ = try Recorder(model, SGD(Linear(1, 1), learningRate: 0.1), writingTo: $0 + "/run.rheo")
      }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("the module at “child.strong” is the model itself, which holds it"), "\(text)")
  }

  @Test func aRemovedFolderStopsTheRecordingWithAnError() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: 0.1), gone = folder + "/gone"
      let recorder = try Recorder(net, optimizer, writingTo: gone + "/run.rheo", warn: { _ in })
      let losses = try train(net, optimizer, steps: 10, recorder)
      while try Run(path: gone + "/run.rheo").steps.count < 10 { Thread.sleep(forTimeInterval: 0.01) }
      try FileManager.default.moveItem(atPath: gone, toPath: folder + "/away")
      let error = #expect(throws: RunFileError.self) {
        for _ in 0..<200 {
          _ = try train(net, optimizer, steps: 1, recorder)
          Thread.sleep(forTimeInterval: 0.02)
        }
      }
      #expect(error?.description.contains("the file was removed, moved or replaced") == true)
      let kept = try Run(path: folder + "/away/run.rheo")
      #expect(kept.steps.map { Float($0.loss) } == losses && !kept.isFinished)
      #expect(try kept.weights(.updateNorm).steps == Array(0..<10))
    }
  }
}
