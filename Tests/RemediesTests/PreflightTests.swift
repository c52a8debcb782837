import Foundation
import Rheoscope
import TestSupport
import Testing

/// What is found in one pass before training.
@Suite struct PreflightTests {
  private let labels = (0..<64).map { $0 % 10 }

  private func inputs() -> Tensor {
    var random = RandomStream(seed: 1, name: "inputs")
    return Tensor((0..<64 * 32).map { _ in Float(random.normalPair().0) }, shape: [64, 32])
  }

  private func net(depth: Int, _ initializer: Initializer, _ activation: () -> Module) -> Sequential {
    let model = Sequential(
      (0..<depth).flatMap { [Linear($0 == 0 ? 32 : 64, 64, initializer: initializer), activation()] } + [Linear(64, 10)]
    )
    model.initialize(seed: 1)
    return model
  }

  private func findings(_ model: Module) throws -> [Finding] {
    let x = inputs()
    return try diagnose(model) { crossEntropy(model(x), labels) }
  }

  @Test func aGoodStartHasNoFindings() throws {
    #expect(try findings(net(depth: 20, .heNormal) { ReLU() }).isEmpty)
  }

  /// The variance of U(±1/√n) is 1/(3n), and half of the units of a ReLU pass: √(1/6) = 0.408 per layer.
  @Test func pyTorchsDefaultIsNamedWithItsFactor() throws {
    let found = try findings(net(depth: 20, .pyTorchDefault) { ReLU() })
    let first = try #require(found.first)
    #expect(first.rule == "gradient at the start" && first.severity == .failure, "\(found)")
    let factor = try #require(first.statement.firstMatch(of: /multiplied by (0\.[0-9]+) per layer/)).1
    #expect(abs(Double(factor)! - 0.408) < 0.03)
    #expect(first.statement.contains("train up to about 3"), "\(first)")
    #expect(first.trial == .initializer(.heNormal))
  }

  @Test func sigmoidsAreNamed() throws {
    let first = try #require(try findings(net(depth: 10, .xavierNormal) { Sigmoid() }).first)
    #expect(
      first.rule == "gradient at the start" && first.trial == .relu
        && first.remedies[0].hasPrefix("ReLU in place of Sigmoid"))
  }

  @Test func aLossAboveLnKIsNamed() throws {
    let model = net(depth: 3, .normal(weightVariance: 8)) { ReLU() }
    let found = try findings(model)
    #expect(found.map(\.rule) == ["first loss"], "\(found)")
    #expect(found.first?.statement.hasSuffix("where an untrained net of 10 classes has ln 10 = 2.30") == true)
  }

  /// Weights, gradients, running statistics and random streams are as before.
  @Test func theModelIsUnchanged() throws {
    let model = Sequential(Linear(32, 8), BatchNorm(8), Dropout(0.5), ReLU(), Linear(8, 10))
    model.initialize(seed: 1)
    let x = inputs()
    crossEntropy(model(x), labels).backward()
    func state() -> [[Float]] {
      model.parameters.flatMap { [$0.parameter.value.values, $0.parameter.gradient!.values] }
        + model.buffers.map(\.buffer.value.values)
    }
    let before = state()
    _ = try findings(model)
    #expect(state() == before)
    let first = model(x).values
    model.initialize(seed: 1)
    _ = model(x)
    #expect(model(x).values == first, "the random stream of dropout goes on where it was")
  }

  /// A recorder of the training sees nothing of it, between the steps and within one, nor in a model that holds or lies in the recorded one.
  @Test(arguments: 0..<3) func aRecorderIsNotDisturbed(_ index: Int) throws {
    try withTemporaryFolder { folder in
      let labels = labels, probes = [ProbeSet.standard, .standard.every(2), .thorough][index]
      func record(_ name: String, isExamined: Bool) throws -> (run: Run, notices: [String]) {
        var notices: [String] = []
        let model = Sequential(Linear(32, 8), BatchNorm(8), Dropout(0.5), ReLU(), Linear(8, 10)),
          outer = Sequential(model)
        outer.initialize(seed: 1)
        let optimizer = Adam(model), part = model.namedChildren![0].module
        let recorder = try Recorder(
          model, optimizer, writingTo: folder + "/\(name).rheo", probes: probes, warn: { notices.append($0) })
        func examine() throws {
          guard isExamined else { return }
          for model in [model, outer] { _ = try diagnose(model) { crossEntropy(model(inputs()), labels) } }
          _ = try diagnose(part) { log(part(inputs()) * 0).sum() }
        }
        for _ in 0..<6 {
          try examine()
          let x = inputs()
          let losses = crossEntropy(model(x), labels, reduction: .none), loss = losses.mean()
          try examine()
          loss.backward()
          try examine()
          optimizer.step()
          try recorder.step(loss: losses, again: { crossEntropy(model(x), labels) })
        }
        return (try recorder.finish(), notices)
      }
      let plain = try record("plain", isExamined: false), examined = try record("examined", isExamined: true)
      #expect(try RunComparison.differences(between: plain.run.path, and: examined.run.path) == [])
      #expect(plain.notices == examined.notices)
    }
  }
}
