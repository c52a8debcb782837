import ExperimentHarness
import Rheoscope

// What is compared: the same net with two activations. Each variant is trained once per seed, with the same batches and the
// same initial weights.
private let reluNet = Variant(
  "relu", "ReLU between the layers",
  net: { settings in DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) })

private let tanhNet = Variant(
  "tanh", "tanh between the layers",
  net: { settings in DeepNet(settings, initializer: .heNormal, activation: { Tanh() }) })

extension Experiment {
  /// Measured: the loss while training, the accuracy on test images, and the gradient's factor per layer before training.
  public static let templateInTests = Experiment(
    name: "template-in-tests",
    question: "Which net learns faster, one with ReLU or one with tanh?",
    // Each setting is a flag: ./rheoscope run template-in-tests --depth 20
    settings: [
      .depth(10), .width(64), .batch(64), .steps(300, quick: 50), .seeds(3, full: 20), .learningRate(0.05),
    ],
    variants: [reluNet, tanhNet],
    // What is expected, between which values, and why; write it before the first run. Beside it stands what must not fulfil
    // the claim: if it does, the report says that the claim is not shown.
    claims: [
      Claim(
        .finding, "the final loss of relu is below that of guessing, ln 10", reluNet, MetricNames.finalLoss,
        .atMost(2.3), source: "a guess", rejects: [.value("training changes nothing") { _ in 2.3026 }]),
      Claim(
        .finding, "the final losses differ by less than 1", expected: .between(-1, 1), source: "a guess",
        rejects: [.value("one of them diverges") { _ in .infinity }]
      ) { seed in
        try seed[MetricNames.finalLoss, reluNet] - seed[MetricNames.finalLoss, tanhNet]
      },
    ],
    // Charts of all that was recorded; ./rheoscope render --list names more.
    figures: [.chart("loss"), .chart("gradient-flow"), .chart("gradient-profile")])
}
