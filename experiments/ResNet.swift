import ExperimentHarness
import Rheoscope

// A deeper net can do all that a shallower one can: its additional layers need only hand through what they are given. Yet He et al.
// (2015) found that a plain net of 56 layers ends with a higher loss than one of 20, on the very images that it is trained on. That
// is no overfitting, and it is no vanishing gradient either: batch normalization brings each layer's outputs back to size, and so
// keeps blame from fading. Getting layers to hand something through is hard to learn, they thought, and built it in: x → x + f(x)
// hands x through where f is 0.
//
// Their nets, with fewer channels and smaller images, so that minutes are enough: a first layer, then three stages of blocks of
// two layers. From stage to stage there are twice the channels and half the rows and columns. As theirs, the learning rate begins
// small, or the deep net with shortcuts is thrown off at first (try `--warm-up 1`), and is lowered toward the end.
//
// The deep plain net's gradients are largest in its first layers when training begins. They do fade there, within a score of steps.

private final class ConvolutionalNet: Module {
  private let images = Images()
  private let stem: Sequential
  private let blocks: Sequential
  private let pool = GlobalAveragePool2d()
  private let head: Linear

  /// `depth` is 6 n + 2, for n blocks a stage.
  init(depth: Int, width: Int, hasShortcuts: Bool) {
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
        layers += [hasShortcuts ? Residual(f, shortcut: shortcut) : Sequential(f), ReLU()]
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

/// Rows of 784 pixels as images of 14 × 14, each pixel the mean of four.
private final class Images: Module {
  override func forward(_ x: Tensor) -> Tensor { averagePool(x.reshaped(-1, 28, 28, 1), window: 2, stride: 2) }
}

/// The shortcut from stage to stage: every other pixel, and zeros in the new channels.
private final class Subsampling: Module {
  private let growth: Int

  init(growth: Int) { self.growth = growth }

  override func forward(_ x: Tensor) -> Tensor {
    averagePool(x, window: 1, stride: 2).padded(-1, before: 0, after: growth)
  }
}

private let fading = "first / last gradient, later"

/// How large the first convolution's gradient is, relative to the last one's: the median over the second half of training.
private func firstOverLast(_ run: Run) throws -> Double? {
  let gradients = try run.layers(.gradientRMS)
  let layers = run.sites.indices.filter { run.sites[$0].kind == "Conv2d" }, steps = gradients.steps.indices
  let ratios = steps.suffix(steps.count / 2).compactMap { step -> Double? in
    guard let first = gradients[layers.first!, step], let last = gradients[layers.last!, step] else { return nil }
    return first / last
  }
  return ratios.isEmpty ? nil : ratios.sorted()[ratios.count / 2]
}

private func net(_ name: String, depth: Int, hasShortcuts: Bool) -> Variant {
  Variant(
    "\(name)-\(depth)", "\(depth) layers \(hasShortcuts ? "with" : "without") shortcuts",
    optimizer: { SGD($0, learningRate: Float($1.learningRate), momentum: 0.9, weightDecay: 1e-4) },
    schedule: { .cosine(over: max(1, $0.steps - $0.whole("warm-up"))).warmedUp(over: $0.whole("warm-up")) },
    testImages: 2_000,
    also: { context, trained in
      context.report(fading, try firstOverLast(trained.run!))
    },
    net: { ConvolutionalNet(depth: depth, width: $0.width, hasShortcuts: hasShortcuts) })
}

private let plain20 = net("plain", depth: 20, hasShortcuts: false)
private let resNet20 = net("resnet", depth: 20, hasShortcuts: true)
private let plain56 = net("plain", depth: 56, hasShortcuts: false)
private let resNet56 = net("resnet", depth: 56, hasShortcuts: true)
private let nets = [plain20, resNet20, plain56, resNet56]

extension Experiment {
  /// Four convolutional nets, shallow and deep, with and without shortcuts.
  ///
  /// Measured: the loss while training, the share of test images named right, by how much a layer multiplies the gradient before
  /// training begins, and how large the first layer's is beside the last one's in the second half of training.
  public static let resNet = Experiment(
    name: "resnet",
    question: "Do 56 layers learn worse than 20, and do shortcuts change that?",
    settings: [
      .width(8), .batch(64), .steps(400, quick: 24, full: 2_000), .seeds(3, quick: 1, full: 20), .learningRate(0.1),
      .whole("warm-up", 50, quick: 4, in: 1...100_000, "steps over which the learning rate rises to that"),
    ],
    variants: nets,
    claims: [
      .endsHigher(
        "plain: 56 layers end with a higher training loss than 20", plain56, than: plain20,
        "He et al. 2015, arXiv:1512.03385, figure 1", about: .long),
      Claim(
        source: "He et al. 2015, arXiv:1512.03385, figure 6", about: .long,
        statement: { _ in "with shortcuts 56 layers don't" }, expected: { .atMost($0.differenceTolerance) },
        measure: { try $0[MetricNames.finalLoss, resNet56] - $0[MetricNames.finalLoss, resNet20] }),
    ]
      // Batch normalization lets gradients grow by 1.21 a layer in wide nets without convolutions.
      + nets.map {
        Claim(
          "\($0.name): when training begins, no gradient vanishes: a layer does not make it smaller on its way back",
          $0,
          MetricNames.gradientFactor, .atLeast(1),
          source: "He et al. 2015, arXiv:1512.03385, section 4.1; Yang et al. 2019, arXiv:1902.08129")
      },
    disagreements: [
      Disagreement(
        with: Claim(
          "plain-56: nor does it later: the first layer’s gradient is as large as the last one’s or larger", plain56,
          fading, .atLeast(1),
          source: "He et al. 2015, arXiv:1512.03385, section 4.1: “healthy norms”, without numbers",
          about: .long),
        why:
          "When training begins it is the largest of all, and it fades within some twenty steps, while the loss stays at that of "
          + "guessing. So no gradient vanishes for depth alone. Whether the fading is part of why the net does not learn, or "
          + "comes of it, was not tried.")
    ],
    pictures: [
      .chart("loss"), .chart("gradient-profile"),
      ExperimentFigure("gradient-flow", "The gradient's size, layers × steps, a panel a net") { results in
        var figure = try Chart.gradientFlow(of: results.runs)
        figure.columns = 2
        return figure
      },
    ])
}
