import ExperimentHarness
import Foundation
import Rheoscope

// A step against the gradient helps only if the gradient is similar where the step ends. In a deep plain net it is not:
// between an image and one close to it, the gradients have little in common. They are not too small or too large, they are
// shattered: they look like white noise (Balduzzi et al. 2017). In the backward pass through each ReLU the gradients of two
// neighbouring inputs differ where a unit is active for one and not for the other, and each layer adds to the difference. A
// skip connection carries most of the gradient past the ReLU.
//
// The inputs are points on a circle through two images, all with the same norm, and the gradient is that of one class's logit
// with respect to the pixels.

private func plainNet(_ name: String, depth: Int? = nil) -> Variant {
  net(name, "x → W relu(x)", depth: depth) { _, activation, layer in Sequential(activation, layer) }
}

/// α = 1/√L for L residual layers, as in the experiment `residual`.
private func residualNet(_ name: String, depth: Int? = nil) -> Variant {
  net(name, "x → x + α W relu(x)", depth: depth) { settings, activation, layer in
    Residual(activation, layer, scale: Float(scale(depth: settings.depth)))
  }
}

private func scale(depth: Int) -> Double { 1 / Double(max(depth - 2, 1)).squareRoot() }

/// A net of this depth, by default that of the settings.
private func net(
  _ name: String, _ title: String, depth: Int?, block: @escaping @Sendable (Settings, Module, Linear) -> Module
) -> Variant {
  let layers = depth.map { ", \($0) layers" } ?? ""
  return Variant(name, title + layers + ", He initialization", adjust: { $0.depth = depth ?? $0.depth }) { context in
    let settings = context.settings, points = settings.whole("points"), seed = UInt64(context.seed)
    let model = DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) { block(settings, $0, $1) }
    model.initialize(seed: seed)
    let circle = Circle(through: try context.data().train.batches(of: 2, seed: seed).first { _ in true }!.inputs)
    let angles = (0..<points).map { 2 * Double.pi * Double($0) / Double(points) }
    let inputs = circle.points(at: angles).requiringGradient()
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
    context.report(correlationSeries, correlation, over: correlation.indices.map { angles[$0] })
    // The directional derivative of the logit along the circle.
    let slope = (gradient * circle.directions(at: angles)).sum(axes: [1]).values.map(Double.init)
    let size = (slope.reduce(0) { $0 + $1 * $1 } / Double(points)).squareRoot()
    context.report(slopeSeries, slope.map { $0 / size }, over: angles)
  }
}

private let neighbours = "correlation of neighbours", correlationSeries = "correlation", slopeSeries = "slope"

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

/// The theory of wide nets. Of two activation vectors at an angle a, a ReLU layer has a share of 1 − a/π of units that are
/// active for both or for none, and that share of the gradients is common. Behind the layer the angle is another one (Cho and
/// Saul 2009).
private func predictedCorrelation(_ variant: Variant, _ settings: Settings, angle: Double) -> Double {
  let depth = variant.adjusted(settings).depth
  let square = variant.name.hasPrefix("plain") ? nil : pow(scale(depth: depth), 2)
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

private let shallow = plainNet("plain-2", depth: 2)
private let plain10 = plainNet("plain-10", depth: 10), deepPlain = plainNet("plain")
private let residual10 = residualNet("residual-10", depth: 10), deepResidual = residualNet("residual")
private let source = "Balduzzi et al. 2017, arXiv:1702.08591"

private func isLess(_ less: Variant, _ more: Variant) -> Claim {
  Claim(
    .finding,
    "the gradients of neighbours are less correlated in \(less.name) than in \(more.name) (difference)",
    expected: .atLeast(0),
    source: source
  ) { try $0[neighbours, more] - $0[neighbours, less] }
}

extension Experiment {
  /// Nets before training, at points on a circle in image space. Measured: the correlation of the gradients at neighbouring
  /// points, as the mean cosine between them.
  public static let shatteredGradients = Experiment(
    name: "shattered-gradients",
    question: "Do similar inputs have similar gradients in a deep net?",
    settings: [
      .depth(50), .width(200),
      .whole("points", 256, in: 16...4_096, "points on the circle"), .seeds(5, quick: 2, full: 20),
    ],
    variants: [shallow, plain10, deepPlain, residual10, deepResidual],
    claims: [
      isLess(plain10, shallow), isLess(deepPlain, plain10), isLess(plain10, residual10),
      isLess(deepPlain, deepResidual),
      isLess(deepPlain, shallow), isLess(plain10, deepResidual),
    ],
    figures: [
      .curves(
        "correlation", "The correlation of gradients at two points against the angle between them",
        of: correlationSeries, x: Axis(.linear, "angle between the points (radians)"),
        y: Axis(.linear, "correlation of gradients", includes: [0]),
        theory: predictedCorrelation),
      ExperimentFigure("circle", "The derivative of a class’s logit along the circle") { results in
        let panels = [shallow, deepPlain, deepResidual].enumerated().map { index, variant in
          let slope = results.series(slopeSeries, of: variant)[0]
          return Panel(
            title: variant.name, x: Axis(.linear, "angle on the circle (radians)", isTight: true),
            y: Axis(.linear, "derivative / RMS"), marks: [LineMark(x: slope.x, y: slope.y, color: .series(index))])
        }
        return Figure(
          title: "The derivative of a class’s logit along a circle · shattered-gradients",
          subtitle: "a circle through two images, \(results.settings.whole("points")) points; seed 0", panels: panels,
          columns: 1, sharesAxes: true,
          description:
            "The derivative along a circle, of a net of two layers, a deep plain net and a deep residual net.",
          size: Size(width: 900, height: 700))
      },
    ])
}
