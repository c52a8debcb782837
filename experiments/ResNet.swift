import ExperimentHarness
import Rheoscope

// A deeper net can represent all that a shallower one can: its additional layers need only be identities. Yet He et al.
// (2015) found that a plain net of 56 layers has a higher training loss than one of 20. This is not overfitting, and not a
// vanishing gradient either: batch norm rescales each layer's outputs, and so keeps gradients from vanishing. Identities are
// hard to learn, they concluded, and built them in: x → x + f(x) is the identity where f is 0.
//
// These are their nets, with fewer channels and smaller images, so that minutes are enough: a first layer, then three stages
// of blocks of two layers. From stage to stage channels double, and rows and columns halve. As in the paper the learning rate
// is warmed up, because otherwise the deep net with skip connections diverges at first (try `--warm-up 1`), and is lowered
// toward the end.
//
// At initialization the deep plain net's gradients are largest in its first layers. Within about twenty steps they shrink
// there.

private final class ConvolutionalNet: Module {
  private let images = Images()
  private let stem: Sequential
  private let blocks: Sequential
  private let pool = GlobalAveragePool2d()
  private let head: Linear

  /// `depth` is 6 n + 2, for n blocks per stage.
  init(depth: Int, width: Int, hasSkips: Bool) {
    stem = Sequential([convolution(1, width), BatchNorm(width), ReLU()])
    var channels = width
    var layers: [Module] = []
    for stageWidth in [width, 2 * width, 4 * width] {
      for _ in 0..<(depth - 2) / 6 {
        let stride = stageWidth / channels
        let f: [Module] = [
          convolution(channels, stageWidth, stride: stride), BatchNorm(stageWidth), ReLU(),
          convolution(stageWidth, stageWidth), BatchNorm(stageWidth),
        ]
        let shortcut = stride == 1 ? nil : Subsampling(growth: stageWidth - channels)
        layers += [hasSkips ? Residual(f, shortcut: shortcut) : Sequential(f), ReLU()]
        channels = stageWidth
      }
    }
    blocks = Sequential(layers)
    head = Linear(channels, 10, initializer: .heNormal)
  }

  override func forward(_ x: Tensor) -> Tensor { head(pool(blocks(stem(images(x))))) }
}

private func convolution(_ inputs: Int, _ outputs: Int, stride: Int = 1) -> Conv2d {
  Conv2d(inputs, outputs, kernelSize: 3, stride: stride, padding: 1, bias: false, initializer: .heNormal)
}

/// From rows [n, 784] to images [n, 14, 14, 1], each pixel the mean of four.
private final class Images: Module {
  override func forward(_ x: Tensor) -> Tensor { averagePool(x.reshaped(-1, 28, 28, 1), kernelSize: 2, stride: 2) }
}

/// The skip connection between stages: every second pixel, and zeros in the new channels.
private final class Subsampling: Module {
  private let growth: Int

  init(growth: Int) { self.growth = growth }

  override func forward(_ x: Tensor) -> Tensor {
    averagePool(x, kernelSize: 1, stride: 2).padded(-1, before: 0, after: growth)
  }
}

private let laterRatio = "first / last gradient in the second half"

/// The gradient of the first convolution relative to that of the last: the median over the second half of training.
private func firstOverLast(_ run: Run) throws -> Double? {
  let gradients = try run.layers(.gradientRMS)
  let layers = run.sites.indices.filter { run.sites[$0].kind == "Conv2d" }, steps = gradients.steps.indices
  let ratios = steps.suffix(steps.count / 2).compactMap { step -> Double? in
    guard let first = gradients[layers.first!, step], let last = gradients[layers.last!, step] else { return nil }
    return first / last
  }
  return ratios.isEmpty ? nil : ratios.sorted()[ratios.count / 2]
}

private func net(_ name: String, depth: Int, hasSkips: Bool) -> Variant {
  Variant(
    "\(name)-\(depth)", "\(depth) layers \(hasSkips ? "with" : "without") skip connections",
    optimizer: { SGD($0, learningRate: Float($1.learningRate), momentum: 0.9, weightDecay: 1e-4) },
    schedule: { .cosine(over: max(1, $0.steps - $0.whole("warm-up"))).warmedUp(over: $0.whole("warm-up")) },
    testImages: 2_000,
    afterTraining: { context, trained in
      context.report(laterRatio, try firstOverLast(trained.run!))
    },
    net: { ConvolutionalNet(depth: depth, width: $0.width, hasSkips: hasSkips) })
}

private let plain20 = net("plain", depth: 20, hasSkips: false)
private let resNet20 = net("resnet", depth: 20, hasSkips: true)
private let plain56 = net("plain", depth: 56, hasSkips: false)
private let resNet56 = net("resnet", depth: 56, hasSkips: true)
private let nets = [plain20, resNet20, plain56, resNet56]

extension Experiment {
  /// Four convolutional nets, shallow and deep, with and without skip connections.
  ///
  /// Measured: the training loss, the test accuracy, the factor by which a layer multiplies the gradient before training, and
  /// the gradient of the first layer relative to that of the last in the second half of training.
  public static let resNet = Experiment(
    name: "resnet",
    question: "Do 56 layers learn worse than 20, and do skip connections change that?",
    settings: [
      .width(8), .batch(64), .steps(400, quick: 24, full: 2_000), .seeds(3, quick: 1, full: 20), .learningRate(0.1),
      .whole("warm-up", 50, quick: 4, in: 1...100_000, "steps over which the learning rate rises"),
    ],
    variants: nets,
    claims: [
      .endsHigher(
        "plain: the training loss of 56 layers is higher than that of 20", plain56, than: plain20,
        "He et al. 2015, arXiv:1512.03385, figure 1", appliesTo: .long),
      Claim(
        .finding,
        source: "He et al. 2015, arXiv:1512.03385, figure 6", appliesTo: .long,
        statement: { _ in "with skip connections the training loss of 56 layers is not higher" },
        expected: { .atMost($0.differenceTolerance) },
        measure: { try $0[MetricNames.finalLoss, resNet56] - $0[MetricNames.finalLoss, resNet20] }),
    ]
      // Batch norm makes gradients grow by 1.21 per layer in wide nets without convolutions.
      + nets.map {
        Claim(
          .finding,
          "\($0.name): before training no gradient vanishes: layers do not make it smaller in the backward pass",
          $0,
          MetricNames.gradientFactor, .atLeast(1),
          source: "He et al. 2015, arXiv:1512.03385, section 4.1; Yang et al. 2019, arXiv:1902.08129")
      },
    disagreements: [
      Disagreement(
        with: Claim(
          .finding,
          "plain-56: no gradient vanishes later: the first layer’s gradient is as large as the last one’s or larger",
          plain56,
          laterRatio, .atLeast(1),
          source: "He et al. 2015, arXiv:1512.03385, section 4.1: “healthy norms”, without numbers",
          appliesTo: .long),
        reason:
          "Before training it is the largest of all, and it shrinks within about twenty steps, while the loss stays at that of guessing. "
          + "So no gradient vanishes because of depth alone. Whether the small gradient is a cause or a result of the net not learning was "
          + "not tested.")
    ],
    figures: [
      .chart("loss"), .chart("gradient-profile"),
      ExperimentFigure("gradient-flow", "The gradient, layers × steps, one panel per net") { results in
        var figure = try Chart.gradientFlow(of: results.runs)
        figure.columns = 2
        return figure
      },
    ])
}
