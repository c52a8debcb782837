import ExperimentHarness
import Foundation
import Rheoscope

// A step down the slope of the loss is worth taking if the slope is still much the same where the step ends. In a deep plain
// net it is not: go from one image a little way toward another, and the gradient there has little in common with the gradient
// here. It is not too small or too large, it is shattered, like noise (Balduzzi et al. 2017). On the way back through each ReLU the
// blame for two neighbouring inputs parts where a unit is silent for one and not for the other, and every layer parts it anew. A
// shortcut hands most of the blame past the ReLU.
//
// Here one walks on a circle through two images, all points of which are equally bright, and looks at the gradient of one class’s
// score with respect to the pixels.

private func plainNet(_ name: String, depth: Int? = nil) -> Variant {
  net(name, "x → W relu(x)", depth: depth) { _, activation, layer in Sequential(activation, layer) }
}

/// α = 1/√L for L layers with shortcuts, as in the experiment `residual`.
private func residualNet(_ name: String, depth: Int? = nil) -> Variant {
  net(name, "x → x + α W relu(x)", depth: depth) { settings, activation, layer in
    Residual(activation, layer, scale: Float(scale(depth: settings.depth)))
  }
}

private func scale(depth: Int) -> Double { 1 / Double(max(depth - 2, 1)).squareRoot() }

/// A net of so many layers, or as many as the settings say.
private func net(
  _ name: String, _ title: String, depth: Int?, block: @escaping @Sendable (Settings, Module, Linear) -> Module
) -> Variant {
  let layers = depth.map { ", \($0) layers" } ?? ""
  return Variant(name, title + layers + ", He weights", adjust: { $0.depth = depth ?? $0.depth }) { context in
    let settings = context.settings, points = settings.whole("points"), seed = UInt64(context.seed)
    let model = DeepNet(settings, initializer: .heNormal, activation: { ReLU() }) { block(settings, $0, $1) }
    model.initialize(seed: seed)
    let circle = Circle(through: try context.data().train.batches(of: 2, seed: seed).first { _ in true }!.inputs)
    let angles = (0..<points).map { 2 * Double.pi * Double($0) / Double(points) }
    let inputs = circle.points(at: angles).requiringGradient()
    let score = model(inputs).sliced(1, 0..<1).sum()
    let blame = gradients(of: score, withRespectTo: [inputs])[0]

    // What each point's gradient has in common with that of the point so many places on: the cosine between them.
    let lengths = blame.squared().sum(axes: [1], keepingDimensions: true).squareRoot()
    let directions = blame / lengths
    let cosines = matmul(directions, directions, transposeRight: true).values.map(Double.init)
    let correlation = (0...points / 8).map { places in
      (0..<points).reduce(0) { $0 + cosines[$1 * points + ($1 + places) % points] } / Double(points)
    }
    context.report(neighbours, correlation[1])
    context.report("correlation", correlation, over: correlation.indices.map { angles[$0] })
    // How steeply the score rises along the walk.
    let slope = (blame * circle.directions(at: angles)).sum(axes: [1]).values.map(Double.init)
    let size = (slope.reduce(0) { $0 + $1 * $1 } / Double(points)).squareRoot()
    context.report("slope", slope.map { $0 / size }, over: angles)
  }
}

private let neighbours = "correlation of neighbours"

/// The circle through two images that are made equally bright and at right angles to each other.
private struct Circle {
  private let images: Tensor

  init(through pair: Tensor) {
    let a = pair.sliced(0, 0..<1), b = pair.sliced(0, 1..<2)
    let apart = b - a * ((a * b).sum() / a.squared().sum())
    images = concatenated([a, apart].map { $0 * Float(1 / Double($0.rms)) }, axis: 0)
  }

  func points(at angles: [Double]) -> Tensor { mixed(angles.map { [cos($0), sin($0)] }) }

  /// Where one is going.
  func directions(at angles: [Double]) -> Tensor { mixed(angles.map { [-sin($0), cos($0)] }) }

  private func mixed(_ shares: [[Double]]) -> Tensor {
    matmul(Tensor(shares.joined().map(Float.init), shape: [shares.count, 2]), images)
  }
}

/// What theory says of wide nets. Of two signals at an angle a, a ReLU's units are active for both or for none with a share of
/// 1 − a/π, and so much of the blame stays common. Behind it the signals have another angle (Cho and Saul 2009).
private func predictedCorrelation(_ variant: Variant, _ settings: Settings, angle: Double) -> Double {
  let depth = variant.adjusted(settings).depth
  let square = variant.name.hasPrefix("plain") ? nil : pow(scale(depth: depth), 2)
  var cosine = cos(angle), common = 1.0
  for layer in 1..<depth {
    let angle = acos(min(cosine, 1)), kept = 1 - angle / Double.pi
    let behind = (sin(angle) + (Double.pi - angle) * cosine) / Double.pi
    // The last ReLU stands in front of the head, which has no shortcut.
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
    "neighbours have less of their gradients in common in \(less.name) than in \(more.name)", expected: .atLeast(0),
    source: source
  ) { try $0[neighbours, more] - $0[neighbours, less] }
}

extension Experiment {
  /// Nets before training, at the points of a walk through the space of images. Measured: the correlation of the gradients at
  /// neighbouring points, as the mean cosine between them.
  public static let shatteredGradients = Experiment(
    name: "shattered-gradients",
    question: "What else do shortcuts mend?",
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
    pictures: [
      .curves(
        "correlation", "What gradients at two points have in common, over the angle between the points",
        of: "correlation", x: Axis(.linear, "angle between the points, in radians"),
        y: Axis(.linear, "correlation of gradients", includes: [0]),
        theory: predictedCorrelation),
      ExperimentFigure("walk", "How steeply a class’s score rises along the walk") { results in
        let panels = [shallow, deepPlain, deepResidual].enumerated().map { index, variant in
          let slope = results.series("slope", of: variant)[0]
          return Panel(
            title: variant.name, x: Axis(.linear, "angle on the circle, in radians", isTight: true),
            y: Axis(.linear, "slope / its RMS"), marks: [LineMark(x: slope.x, y: slope.y, color: .series(index))])
        }
        return Figure(
          title: "How steeply a class’s score rises along a walk · shattered-gradients",
          subtitle: "a circle through two images, \(results.settings.whole("points")) points; seed 0", panels: panels,
          columns: 1, sharesAxes: true,
          description:
            "The slope over a circle: of a net of two layers, of a deep plain one, and of a deep residual one.",
          size: Size(width: 900, height: 700))
      },
    ])
}
