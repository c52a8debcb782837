import ExperimentHarness
import Foundation
import Rheoscope

// A step against the gradient helps only if the gradient is similar where the step ends. In a plain net of 50
// layers that is so only very near: at 1.4° from each other, two points on a circle through images have gradients with a correlation of
// 0.72, at 45° one of 0.02, and with batch norm it is 0.02 at 1.4° already. Such gradients are not too small or too large, they are
// shattered: over larger distances they look like white noise (Balduzzi et al. 2017). In the backward pass through each ReLU the gradients of two
// neighbouring inputs differ where a unit is active for one and not for the other, and each layer adds to the difference. A
// skip connection carries most of the gradient past the ReLU.
//
// The gradient here is the input gradient: that of one class's logit with respect to the pixels, before training. Steps change
// weights, not pixels, but the gradient of the first layer's weights is made of the same products. The inputs are points on a circle
// through two images, all with the same norm.

private func plainNet(_ name: String, depth: Int? = nil) -> Variant {
  net(name, "x → W relu(x)", depth: depth, scale: { _ in nil })
}

/// α = 1/√L for L residual layers, as in the experiment `residual`.
private func residualNet(_ name: String, depth: Int? = nil) -> Variant {
  net(name, "x → x + α W relu(x)", depth: depth, scale: scale)
}

private func scale(_ settings: Settings) -> Double? { 1 / Double(max(settings.depth - 2, 1)).squareRoot() }

// Batch norm makes it worse in a plain net: it subtracts what the points of the circle have in common and scales up how they differ, so
// neighbours become less alike in each layer, and more units are active for one and not for the other. With skip connections as well,
// neighbours keep most of their correlation.
private let batchNorm = net("batch-norm", "x → W relu(batch norm(x))", isNormalized: true, scale: { _ in nil })
private let residualBatchNorm = net(
  "residual-batch-norm", "x → x + W relu(batch norm(x))", isNormalized: true, scale: { _ in 1 })

/// A net of this depth, by default that of the settings. `scale` is α, nil for a net without skip connections.
private func net(
  _ name: String, _ title: String, depth: Int? = nil, isNormalized: Bool = false,
  scale: @escaping @Sendable (Settings) -> Double?
) -> Variant {
  let layers = depth.map { ", \($0) layers" } ?? ""
  return Variant(name, title + layers + ", He initialization", adjust: { $0.depth = depth ?? $0.depth }) { context in
    let settings = context.settings, points = settings.whole("points"), seed = UInt64(context.seed)
    let model = DeepNet(
      settings, initializer: .heNormal,
      activation: { isNormalized ? Sequential(BatchNorm(settings.width, momentum: 1), ReLU()) : ReLU() }
    ) { activation, layer in
      scale(settings).map { Residual(activation, layer, scale: Float($0)) } ?? Sequential(activation, layer)
    }
    model.initialize(seed: seed)
    let circle = Circle(through: try context.data().train.batches(of: 2, seed: seed).first { _ in true }!.inputs)
    let angles = (0..<points).map { 2 * Double.pi * Double($0) / Double(points) }
    let inputs = circle.points(at: angles).requiringGradient()
    // Batch norm takes mean and variance over the circle, once: then the output at a point depends on that point alone.
    withoutGradients { _ = model(inputs) }
    model.evaluate()
    let logit = model(inputs).sliced(1, 0..<1).sum()
    let gradient = gradients(of: logit, withRespectTo: [inputs])[0]

    // The correlation of gradients: the mean cosine between the gradient of each point and that of the point `distance`
    // further on the circle.
    let norms = gradient.squared().sum(axes: [1], keepingDimensions: true).squareRoot()
    let directions = gradient / norms
    let cosines = matmul(directions, directions, transposeRight: true).values.map(Double.init)
    let correlation = (0...points / 8).map { (distance: Int) -> Double in
      var sum = 0.0
      for point in 0..<points { sum += cosines[point * points + (point + distance) % points] }
      return sum / Double(points)
    }
    context.report(neighbours, correlation[1])
    context.report(farther, correlation.last)
    context.report(correlationSeries, correlation, over: correlation.indices.map { angles[$0] })
    // The directional derivative of the logit along the circle.
    let slope = (gradient * circle.directions(at: angles)).sum(axes: [1]).values.map(Double.init)
    let size = (slope.reduce(0) { $0 + $1 * $1 } / Double(points)).squareRoot()
    context.report(slopeSeries, slope.map { $0 / size }, over: angles)
  }
}

private let neighbours = "correlation of neighbours", farther = "correlation at 45°"
private let correlationSeries = "correlation", slopeSeries = "slope"

/// The circle through two images that are scaled to the same norm and made orthogonal.
private struct Circle {
  private let images: Tensor

  init(through pair: Tensor) {
    let a = pair.sliced(0, 0..<1), b = pair.sliced(0, 1..<2)
    let orthogonal = b - a * ((a * b).sum() / a.squared().sum())
    images = concatenated([a, orthogonal].map { $0 * Float(1 / Double($0.rms)) }, axis: 0)
  }

  func points(at angles: [Double]) -> Tensor { combined(angles.map { [cos($0), sin($0)] }) }

  /// The tangents of the circle.
  func directions(at angles: [Double]) -> Tensor { combined(angles.map { [-sin($0), cos($0)] }) }

  private func combined(_ coefficients: [[Double]]) -> Tensor {
    matmul(Tensor(coefficients.joined().map(Float.init), shape: [coefficients.count, 2]), images)
  }
}

private let shallow = plainNet("plain-2", depth: 2)
private let plain10 = plainNet("plain-10", depth: 10), deepPlain = plainNet("plain")
private let residual10 = residualNet("residual-10", depth: 10), deepResidual = residualNet("residual")
private let source = "Balduzzi et al. 2017, arXiv:1702.08591"

/// α of a net, nil without skip connections.
private func scale(of variant: Variant, _ settings: Settings) -> Double? {
  [residual10, deepResidual].contains { $0.name == variant.name } ? scale(variant.adjusted(settings)) : nil
}

/// The theory of wide nets without batch norm. Of two activation vectors at an angle a, a ReLU layer has a share of 1 − a/π of units
/// that are active for both or for none, and that share of the gradients is common. Behind the layer the angle is another one (Cho and
/// Saul 2009).
private func predictedCorrelation(_ variant: Variant, _ settings: Settings, angle: Double) -> Double {
  let depth = variant.adjusted(settings).depth, square = scale(of: variant, settings).map { $0 * $0 }
  var cosine = cos(angle), common = 1.0
  for layer in 1..<depth {
    let angle = acos(min(cosine, 1)), kept = 1 - angle / Double.pi
    let behind = (sin(angle) + (Double.pi - angle) * cosine) / Double.pi
    // The last ReLU is in front of the head, which has no skip connection.
    if let square, layer < depth - 1 {
      common *= (1 + square * kept) / (1 + square)
      cosine = (cosine + square * behind) / (1 + square)
    } else {
      common *= kept
      cosine = behind
    }
  }
  return common
}

/// The angle between a point and the one `distance` further on the circle.
private func angle(_ distance: Int, _ settings: Settings) -> Double {
  2 * Double.pi * Double(distance) / Double(settings.whole("points"))
}

/// Three standard errors of the logarithm of a mean correlation over seeds, relative to that logarithm, which is lost layer by layer.
///
/// In a net of width n the angle between neighbours is a quotient of two norms, that of the difference and that of the activations. In each
/// layer the logarithms of their squares get random increments of variance v/n (Hanin and Rolnick 2018), so that of the angle gets
/// 2 v/(4 n). The mean over all layers of a random walk has a third of the variance of its end. It is an upper limit:
/// points far apart on the circle vary independently.
private func tolerance(_ variant: Variant, _ settings: Settings) -> Double {
  let depth = variant.adjusted(settings).depth
  let variances = (1..<depth).map { layer in
    guard let scale = scale(of: variant, settings), layer < depth - 1 else { return varianceOfReLU }
    return varianceOfResidual(branch: scale * scale)
  }
  return 3 * (variances.reduce(0, +) / Double(6 * settings.width * settings.seeds)).squareRoot()
}

/// The mean over seeds of a correlation is that of theory.
private func isPredicted(
  _ name: String, of variant: Variant, distance: @escaping @Sendable (Settings) -> Int, rejects nulls: [Null]
) -> Claim {
  @Sendable func predicted(_ settings: Settings) -> Double {
    predictedCorrelation(variant, settings, angle: angle(distance(settings), settings))
  }
  return Claim(
    .theory, source: "see the code, after Cho and Saul 2009; tolerance at finite width: Hanin and Rolnick 2018",
    rejects: nulls,
    statement: { "\(variant.name): the mean \(name) is \(formatPlain(predicted($0)))" },
    expected: { settings in
      let lost = log(predicted(settings)), share = tolerance(variant, settings)
      return .between(exp(lost * (1 + share)), min(exp(lost * (1 - share)), 1))
    },
    measure: { seed in
      let values = seed.allSeeds(name, of: variant)
      return values.reduce(0, +) / Double(values.count)
    }
  ).overAllSeeds()
}

private func areNeighboursAsPredicted(_ variant: Variant, butNot others: Variant...) -> Claim {
  isPredicted(
    neighbours, of: variant, distance: { _ in 1 }, rejects: others.map { .swapping(variant, for: $0) })
}

extension Claim.Scope {
  fileprivate static let deepOnTheCircle = Claim.Scope("nets of 50 layers or more, at 256 points or fewer") {
    $0.depth >= 50 && $0.whole("points") <= 256
  }
}

extension Experiment {
  /// Nets before training, at points on a circle in image space. Measured: the correlation of the input gradients at neighbouring
  /// points and at points 45° apart, as the mean cosine between them.
  public static let shatteredGradients = Experiment(
    name: "shattered-gradients",
    question: "Do similar inputs have similar gradients in a deep net?",
    settings: [
      .depth(50), .width(400),
      .whole("points", 256, in: 16...4_096, "points on the circle"), .seeds(5, quick: 2, full: 20),
    ],
    variants: [shallow, plain10, deepPlain, residual10, deepResidual, batchNorm, residualBatchNorm],
    claims: [
      areNeighboursAsPredicted(shallow, butNot: plain10, residual10),
      areNeighboursAsPredicted(plain10, butNot: shallow, residual10),
      areNeighboursAsPredicted(deepPlain, butNot: deepResidual, batchNorm),
      areNeighboursAsPredicted(residual10, butNot: shallow, plain10),
      areNeighboursAsPredicted(deepResidual, butNot: deepPlain, residualBatchNorm),
      isPredicted(
        farther, of: plain10, distance: { $0.whole("points") / 8 },
        rejects: [
          .value("the angle stays the same in all layers") { seed in
            pow(1 - angle(seed.settings.whole("points") / 8, seed.settings) / Double.pi, 9)
          },
          .value("each layer keeps one half of the gradient") { _ in pow(0.5, 9) },
        ]),
      // A correlation below 0.1 is less than a hundredth of the squared gradient.
      Claim(
        .finding, "batch-norm: the gradients of neighbours have nothing in common (correlation)", batchNorm, neighbours,
        .near(0, within: 0.1), source: source, appliesTo: .deepOnTheCircle,
        rejects: [.swapping(batchNorm, for: deepPlain)]),
      Claim(
        .finding, "residual-batch-norm: more than half of the gradients of neighbours is common (correlation)",
        residualBatchNorm, neighbours, .atLeast(0.5), source: source, appliesTo: .deepOnTheCircle,
        rejects: [.swapping(residualBatchNorm, for: batchNorm)]),
    ],
    figures: [
      .curves(
        "correlation", "The correlation of input gradients at two points against the angle between them",
        of: correlationSeries, x: Axis(.linear, "angle between the points (radians)"),
        y: Axis(.linear, "correlation of gradients", includes: [0]),
        theory: { variant, settings, angle in
          let isNormalized = [batchNorm, residualBatchNorm].contains { $0.name == variant.name }
          return isNormalized ? .nan : predictedCorrelation(variant, settings, angle: angle)
        }),
      ExperimentFigure("circle", "The derivative of a class’s logit along the circle") { results in
        let shown = [shallow, deepPlain, deepResidual, batchNorm]
        let panels = zip(shown, results.colors(of: shown)).map { variant, color in
          let slope = results.series(slopeSeries, of: variant)[0]
          return Panel(
            title: variant.name, x: Axis(.linear, "angle on the circle (radians)", isTight: true),
            y: Axis(.linear, "derivative / RMS"), marks: [LineMark(x: slope.x, y: slope.y, color: color)])
        }
        return Figure(
          title: "The derivative of a class’s logit along a circle · shattered-gradients",
          subtitle:
            "a circle through two images, \(results.settings.whole("points")) points; seed \(results.settings.firstSeed)",
          panels: panels,
          columns: 1, sharesAxes: true,
          description:
            "The derivative along a circle, of a net of two layers, a deep plain net, a deep residual net and one with batch norm.",
          size: Size(width: 900, height: 900))
      },
    ])
}
