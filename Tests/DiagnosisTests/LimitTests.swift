import Foundation
import Rheoscope
import TestSupport
import Testing

/// Small trainings on each side of limits that decide whether there is a finding, or how severe it is.
@Suite struct LimitTests {
  /// The finding of a rule in a training, and the run. `loss` computes the loss of a step from samples of the standard normal distribution,
  /// [samples, inputs].
  private func finding(
    _ rule: String, in model: Module, _ optimizer: Optimizer, steps: Int, samples: Int = 64, inputs: Int = 8,
    _ loss: (_ x: Tensor, _ step: Int) -> Tensor
  ) throws -> (finding: Finding?, evidence: RunEvidence) {
    try withTemporaryFolder { folder in
      let recorder = try Recorder(
        model, optimizer, writingTo: folder + "/run.rheo", warn: { Issue.record("\($0)") })
      var random = RandomStream(seed: 1, name: "samples")
      for step in 0..<steps {
        let loss = loss(Tensor(normalNumbers(samples * inputs, from: &random), shape: [samples, inputs]), step)
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
      }
      let run = try recorder.finish()
      return (diagnose(run).first { $0.rule == rule }, try RunEvidence(run))
    }
  }

  /// The sum of eight columns over √8: of variance 1.
  private func target(_ x: Tensor) -> Tensor { matmul(x, Tensor(repeating: 1 / Float(8).squareRoot(), shape: [8, 1])) }

  /// A linear regression whose error falls by 1 % per step, whatever the scales of inputs and targets, to 0.36 of the variance of the targets.
  private func slowRegression(_ rule: String, inputs: Float = 1, targets: Float = 1) throws -> Finding? {
    let model = Linear(8, 1, initializer: .zeros)
    model.initialize(seed: 1)
    let optimizer = SGD(model, learningRate: 0.005 / (inputs * inputs))
    let (found, evidence) = try finding(rule, in: model, optimizer, steps: 54, samples: 512) { x, _ in
      meanSquaredError(model(inputs * x), targets * target(x))
    }
    let level = evidence.loss.last / (try #require(evidence.loss.constantLoss))
    #expect((0.31...0.39).contains(level) && evidence.isHigh && !evidence.learnsLittle, "\(level)")
    return found
  }

  @Test func hugeInputsAreAFaultWhereTheNetHasLearnedHalf() throws {
    #expect(try slowRegression("inputs not normalized") == nil)
    #expect(try slowRegression("inputs not normalized", inputs: 26)?.severity == .note)
    #expect(try slowRegression("inputs not normalized", inputs: 34)?.severity == .warning)
  }

  @Test func hugeTargetsAreAFaultFromALowerLossOn() throws {
    #expect(try slowRegression("targets of large scale") == nil)
    #expect(try slowRegression("targets of large scale", targets: 26)?.severity == .note)
    #expect(try slowRegression("targets of large scale", targets: 34)?.severity == .warning)
  }

  /// A net of three layers learns targets of which this share is the product of eight signs, which none of these nets learns.
  private func regression(_ hidden: [Module], signs share: Float) throws -> (
    level: Double, severity: Finding.Severity?
  ) {
    let model = Sequential([Linear(8, 16)] + hidden + [Linear(16, 1)])
    model.initialize(seed: 1)
    let (found, evidence) = try finding(
      "missing activation", in: model, Adam(model, learningRate: 0.01), steps: 200, samples: 256
    ) { x, _ in
      let values = x.values
      let signs = (0..<256).map { row in values[8 * row..<8 * row + 8].reduce(Float(1)) { $1 < 0 ? -$0 : $0 } }
      return meanSquaredError(
        model(x), (1 - share).squareRoot() * target(x) + share.squareRoot() * Tensor(signs, shape: [256, 1]))
    }
    #expect(!evidence.struggles)
    return (evidence.loss.last / (try #require(evidence.loss.constantLoss)), found?.severity)
  }

  @Test func aLinearNetIsAFaultWhereItsLossStaysHigh() throws {
    let high = try regression([Linear(16, 16)], signs: 0.4), low = try regression([Linear(16, 16)], signs: 0.2)
    #expect(high.level > RunEvidence.highLimit && high.severity == .warning, "\(high)")
    #expect(low.level < RunEvidence.highLimit && low.severity == .note, "\(low)")
    // With one activation it is not linear.
    let other = try regression([Linear(16, 16), Linear(16, 16), Sigmoid()], signs: 0.4)
    #expect(other.level > RunEvidence.highLimit && other.severity == .note, "\(other)")
  }

  /// Whether two layers on [n, 1, 8] that follow directly on one another are found.
  private func isFound(_ first: Module, _ second: Module) throws -> Bool {
    let model = Sequential(first, second, Flatten())
    model.initialize(seed: 1)
    return try finding("missing activation", in: model, SGD(model, learningRate: 0.01), steps: 20) { x, _ in
      square(model(x.reshaped(-1, 1, 8))).mean()
    }.finding != nil
  }

  /// The width in between is that of the first layer's outputs, which a transposed convolution's weight has second.
  @Test func convolutionsInARowAreOneLinearMap() throws {
    #expect(try isFound(Conv1d(8, 4, kernelSize: 1), ConvTranspose1d(4, 8, kernelSize: 3)))
    #expect(try !isFound(Conv1d(8, 1, kernelSize: 1), ConvTranspose1d(1, 8, kernelSize: 3)))
    #expect(try isFound(ConvTranspose1d(8, 16, kernelSize: 3), Conv1d(16, 8, kernelSize: 3)))
    #expect(try !isFound(ConvTranspose1d(8, 3, kernelSize: 3), Conv1d(3, 8, kernelSize: 3)))
    #expect(try !isFound(Conv1d(8, 4, kernelSize: 1), ReLU()))
  }

  /// A net that learns from random labels, and how much its first and its tenth step change the weights.
  private func randomLabels(_ optimizer: (Module) -> Optimizer) throws -> (
    updates: (first: Double, tenth: Double), finding: Finding?
  ) {
    let model = denseNet(64, 64, 64, 10, initializer: .heNormal)
    model.initialize(seed: 1)
    var random = RandomStream(seed: 2, name: "labels")
    let (found, evidence) = try finding(
      "learning rate too high", in: model, optimizer(model), steps: 40, inputs: 64
    ) { x, _ in crossEntropy(model(x), (0..<64).map { _ in Int(random.uniform() * 10) }) }
    let updates = evidence.weights(.updateNorm), norms = evidence.weights(.norm)
    func middle(_ step: Int) -> Double {
      updates.parameters.indices.map { updates[$0, step]! / norms[$0, step]! }.sorted()[1]
    }
    #expect(evidence.isStuck)
    return ((middle(0), middle(9)), found)
  }

  /// AdaGrad's first step changes each element by the learning rate, its tenth by less than a third of it.
  @Test func theFirstStepsOfAdaGradMayBeLarge() throws {
    let small = try randomLabels { Adagrad($0, learningRate: 0.04) }
    #expect(small.updates.first > 0.1 && small.updates.tenth < 0.1 && small.finding == nil, "\(small)")
    // Those of another optimizer may not, though its later steps are small as well.
    let other = try randomLabels { net in
      let optimizer = SGD(net, learningRate: 2)
      optimizer.schedule = .exponential(factor: 0.5)
      return optimizer
    }
    #expect(other.updates.first > 0.1 && other.updates.tenth < 0.1 && other.finding?.limit == 0.1, "\(other)")
  }

  /// Orthogonal weights multiply the gradient by `gain` per layer. The learning rate is so small that nothing changes.
  private func orthogonalNet(gain: Double, layers: Int) throws -> (ratio: Double, finding: Finding?) {
    let model = Sequential((0..<layers).map { _ in Linear(16, 16, initializer: .orthogonal(gain: gain)) })
    model.initialize(seed: 1)
    let (found, evidence) = try finding(
      "exploding gradient", in: model, SGD(model, learningRate: 1e-12), steps: 20, inputs: 16
    ) { x, _ in meanSquaredError(model(x), x) }
    let profile = try #require(evidence.profile)
    #expect(evidence.isStuck && abs((profile.factor ?? 0) / gain - 1) < 1e-3, "\(profile)")
    return (try #require(profile.ratio), found)
  }

  @Test func aSteepGradientExplodesFromAHundredOn() throws {
    let steep = try orthogonalNet(gain: 1.55, layers: 12)
    #expect((100...1000).contains(steep.ratio) && steep.finding?.limit == 100, "\(steep)")
    let mild = try orthogonalNet(gain: 1.45, layers: 14)
    #expect((100...1000).contains(mild.ratio) && mild.finding == nil, "\(mild)")
    let short = try orthogonalNet(gain: 1.55, layers: 11)
    #expect(short.ratio < 100 && short.finding == nil, "\(short)")
    let long = try orthogonalNet(gain: 1.45, layers: 20)
    #expect(long.ratio > 1000 && long.finding?.limit == 1000, "\(long)")
  }

  /// A linear net learns to tell the signs of a number, and every so many batches their labels are exchanged.
  private func exchangedLabels(every period: Int) throws -> (isHigh: Bool, severity: Finding.Severity?) {
    let model = Sequential(Linear(8, 16), Linear(16, 16), Linear(16, 2))
    model.initialize(seed: 1)
    let (found, evidence) = try finding(
      "missing activation", in: model, SGD(model, learningRate: 0.03), steps: 600
    ) { x, step in
      let signs = x.sliced(1, 0..<1).values.map { $0 > 0 ? 1 : 0 }
      // 2 apart, so that few are doubtful.
      let apart = Tensor(signs.flatMap { [Float($0 * 4 - 2)] + [Float](repeating: 0, count: 7) }, shape: x.shape)
      return crossEntropy(model(x + apart), step % period == period - 1 ? signs.map { 1 - $0 } : signs)
    }
    let constant = try #require(evidence.loss.constantLoss)
    #expect(evidence.loss.last < RunEvidence.highLimit * constant && !evidence.struggles, "\(evidence.loss.last)")
    return (evidence.isHigh, found?.severity)
  }

  /// The loss of the exchanged labels is above twice that of a constant output, and low in between.
  @Test func aLossThatIsHighInATenthOfTheStepsIsUnsteady() throws {
    let often = try exchangedLabels(every: 9), seldom = try exchangedLabels(every: 12)
    #expect(often.isHigh && often.severity == .warning, "\(often)")
    #expect(!seldom.isHigh && seldom.severity == .note, "\(seldom)")
  }
}
