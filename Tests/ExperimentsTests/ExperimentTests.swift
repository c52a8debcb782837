import Experiments
import Foundation
import Rheoscope
import Testing

@Suite struct ExperimentTests {
  @Test func namesAreUniqueAndFitForPaths() {
    let names = Experiment.all.map(\.name)
    #expect(Set(names).count == names.count)
    for experiment in Experiment.all {
      let variants = experiment.variants.map(\.name)
      #expect(Set(variants).count == variants.count)
      for name in variants + [experiment.name] { #expect(name.wholeMatch(of: /[a-z][a-z0-9-]*/) != nil) }
      #expect(Set(experiment.charts).isSubset(of: ChartKind.all.map(\.name)))
    }
  }

  /// √χ of the theory, and at width 64 the slow approach of tanh to its fixed point.
  @Test(
    arguments: [
      ("activations", "relu", 1.0), ("activations", "sigmoid", 0.23605), ("activations", "tanh", 0.976),
      ("residual", "plain", 0.40825), ("residual", "residual", 1.001735),
      ("initialization", "he", 1), ("initialization", "xavier", 0.70711), ("initialization", "pytorch", 0.40825),
      ("initialization", "too-large", 1.41421), ("initialization", "too-small", 0.158114),
    ] as [(String, String, Double)])
  func predictedFactors(_ experiment: String, _ variant: String, _ factor: Double) throws {
    let experiment = try #require(Experiment.all.first { $0.name == experiment })
    let variant = try #require(experiment.variants.first { $0.name == variant })
    let predicted = try #require(variant.predictedGradientFactor(experiment.settings))
    #expect(abs(predicted / factor - 1) < 1e-3)
    #expect(variant.predictedProfile(experiment.settings).count == 50)
  }

  @Test(arguments: [2, 3, 12]) func depthCountsLayersWithWeights(_ depth: Int) {
    var settings = Settings(learningRate: 0.1)
    (settings.depth, settings.width) = (depth, 8)
    for variant in Experiment.all.flatMap(\.variants) {
      let net = variant.net(settings)
      net.initialize(seed: 1)
      #expect(net.modules.count { $0.module is Linear } == depth)
      #expect(net(Tensor(repeating: 1, shape: [3, 784])).shape == [3, 10])
    }
  }

  @Test func twinsBeginWithTheSameWeights() {
    var settings = Settings(learningRate: 0.1)
    (settings.depth, settings.width) = (5, 8)
    let twins = Experiment.residual.variants.map { variant in
      let net = variant.net(settings)
      net.initialize(seed: 3)
      return net.parameters.map { ($0.path, $0.parameter.value.values) }
    }
    #expect(twins[0].map(\.0) == twins[1].map(\.0))
    #expect(twins[0].map(\.1) == twins[1].map(\.1))
  }
}
