import ExperimentHarness
import Rheoscope

// What is compared: the same net twice, with another activation. Each variant is trained once a seed, with the same batches
// and the same first weights.
private let reluNet = Variant(
  "relu", "ReLU between the layers",
  net: { settings in DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) })

private let tanhNet = Variant(
  "tanh", "tanh between the layers",
  net: { settings in DeepNet(settings, initializer: .heNormal, activation: { Tanh() }) })

extension Experiment {
  /// Measured: the loss while training, the share of test images named right, and by how much a layer multiplies the
  /// gradient before training begins.
  public static let myExperiment = Experiment(
    name: "my-experiment",
    question: "Which net learns faster, one of ReLU or one of tanh?",
    // Each setting is a flag: ./rheoscope run my-experiment --depth 20
    settings: [
      .depth(10), .width(64), .batch(64), .steps(300, quick: 50), .seeds(3, full: 20), .learningRate(0.05),
    ],
    variants: [reluNet, tanhNet],
    // What should be found, between which values, and why: written down before anything is run.
    claims: [
      Claim(
        "relu ends below the loss of guessing, ln 10", reluNet, MetricNames.finalLoss, .atMost(2.3), source: "a guess"),
      Claim("both end within 1 of each other", expected: .between(-1, 1), source: "a guess") { seed in
        try seed[MetricNames.finalLoss, reluNet] - seed[MetricNames.finalLoss, tanhNet]
      },
    ],
    // Charts of all that was recorded; ./rheoscope render --list names more.
    figures: [.chart("loss"), .chart("gradient-flow"), .chart("gradient-profile")])
}
