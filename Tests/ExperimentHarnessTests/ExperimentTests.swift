import ExperimentHarness
import Experiments
import Foundation
import Rheoscope
import Synchronization
import TestSupport
import Testing

@Suite struct ExperimentTests {
  @Test func namesAreUniqueAndFitForPaths() {
    let names = Experiment.all.map(\.name)
    #expect(Set(names).count == names.count)
    for experiment in Experiment.all {
      for profile in Profile.allCases {
        let variants = experiment.variants(experiment.settings(in: profile)).map(\.name)
        #expect(Set(variants).count == variants.count && !variants.isEmpty)
        for name in variants { #expect(name.wholeMatch(of: /[a-z][a-z0-9.-]*/) != nil, "\(name)") }
      }
      #expect(experiment.name.wholeMatch(of: /[a-z][a-z0-9-]*/) != nil)
      for names in [experiment.figures.map(\.name), experiment.settings.map(\.name)] {
        #expect(Set(names).count == names.count)
      }
    }
  }

  /// √χ of mean field theory, and at width 64 the slow approach of tanh to its fixed point.
  @Test(
    arguments: [
      ("activations", "relu", 1.0), ("activations", "sigmoid", 0.23605), ("activations", "tanh", 0.976),
      ("activations", "selu", 1.0353),
      ("residual", "plain", 0.40825), ("residual", "residual", 1.001735),
      ("initialization", "he", 1), ("initialization", "xavier", 0.70711), ("initialization", "pytorch", 0.40825),
      ("residual", "he-unscaled", 1.41421), ("residual", "he-scaled", 1.010363),
      ("initialization", "lecun", 0.70711), ("initialization", "orthogonal", 1),
      ("initialization", "too-large", 1.41421), ("initialization", "too-small", 0.158114),
      ("normalization", "plain-8", 2), ("normalization", "layer-norm-8", 1), ("normalization", "batch-norm-8", 1.21117),
    ] as [(String, String, Double)])
  func predictedFactors(_ experiment: String, _ variant: String, _ factor: Double) throws {
    let experiment = try #require(Experiment.all.first { $0.name == experiment })
    let settings = experiment.settings(in: .standard)
    let variant = try #require(experiment.variants(settings).first { $0.name == variant })
    let predicted = try #require(variant.predictedGradientFactor(settings))
    #expect(abs(predicted / factor - 1) < 1e-3)
    #expect(variant.predictedProfile(settings)?.count == settings.depth)
  }

  /// The settings of an experiment, with small nets.
  private func small(_ experiment: Experiment, depth: Int) -> Settings {
    var settings = experiment.settings(in: .standard)
    (settings.depth, settings.width) = (depth, 8)
    return settings
  }

  @Test(arguments: [2, 3, 12]) func depthCountsLayersWithWeights(_ depth: Int) throws {
    for experiment in [Experiment.activations, .residual, .initialization] {
      let settings = small(experiment, depth: depth)
      for variant in experiment.variants(settings) {
        let adjusted = variant.adjusted(settings)
        let makeNet = try #require(variant.net)
        let net = makeNet(adjusted)
        net.initialize(seed: 1)
        #expect(net.modules.count { $0.module is Linear } == adjusted.depth)
        #expect(net(Tensor(repeating: 1, shape: [3, 784])).shape == [3, 10])
      }
    }
  }

  @Test func pairedNetsBeginWithTheSameWeights() throws {
    let settings = small(.residual, depth: 5)
    let nets = try Experiment.residual.variants(settings).prefix(2).map { variant in
      let makeNet = try #require(variant.net)
      let net = makeNet(settings)
      net.initialize(seed: 3)
      return net.parameters.map { ($0.path, $0.parameter.value.values) }
    }
    #expect(nets[0].map(\.0) == nets[1].map(\.0))
    #expect(nets[0].map(\.1) == nets[1].map(\.1))
  }

  @Test func residualNetsHaveTheExpectedLayers() throws {
    var settings = Experiment.resNet.settings(in: .quick)
    settings.width = 2
    for (variant, depth) in zip(Experiment.resNet.variants(settings), [20, 20, 56, 56, 56]) {
      let makeNet = try #require(variant.net)
      let net = makeNet(settings)
      net.initialize(seed: 1)
      #expect(net.modules.count { $0.module is Linear || $0.module is Conv2d } == depth)
      #expect(net.modules.contains { $0.module is Residual } == variant.name.hasPrefix("resnet"))
      #expect(net(Tensor(repeating: 1, shape: [3, 784])).shape == [3, 10])
    }
  }

  /// Runs an experiment with small settings, and returns the claims that fail, or hold for a null too.
  private func failures(of experiment: Experiment, _ change: (inout Settings) -> Void) throws -> [String] {
    var settings = experiment.settings(in: .quick)
    change(&settings)
    return try withTemporaryFolder { folder in
      let options = RunOptions(profile: .quick, output: folder, command: "")
      let outcome = try experiment.run(settings, options, console: Console(isQuiet: true))
      return outcome.failed
        + outcome.judgements.filter { $0.rejections.contains { $0.isRejected != true } }.map(\.statement)
    }
  }

  /// Except for claims about time, which the quick profile does not judge.
  @Test func claimsHoldInSmallRuns() throws {
    #expect(try failures(of: .checkpointing) { ($0.width, $0.batch, $0["passes"]) = (4, 512, 1) } == [])
    #expect(try failures(of: .mixedPrecision) { ($0.depth, $0.width, $0.steps) = (6, 32, 5) } == [])
    #expect(try failures(of: .tenThousandLayers) { ($0.depth, $0.steps) = (200, 2) } == [])
  }

  /// Records whether its net is in training mode.
  private final class ModeRecorder: Module {
    let record: (Bool) -> Void

    init(_ record: @escaping (Bool) -> Void) { self.record = record }

    override func forward(_ x: Tensor) -> Tensor {
      record(isTraining)
      return x
    }
  }

  @Test func netsAreTestedInEvaluationMode() throws {
    let calls = Mutex<[Bool]>([])
    let variant = Variant(
      "v", "", testImages: 1, isRecorded: false, afterTraining: { _, trained in #expect(trained.model.isTraining) },
      net: { _ in Sequential(Linear(784, 10), ModeRecorder { isTraining in calls.withLock { $0.append(isTraining) } }) }
    )
    let experiment = Experiment(
      name: "x", question: "?", settings: [.batch(8), .steps(2), .learningRate(0.1)], variants: [variant], claims: [],
      figures: [])
    #expect(try failures(of: experiment) { _ in } == [])
    #expect(calls.withLock { $0 } == [true, true, false])
  }
}
