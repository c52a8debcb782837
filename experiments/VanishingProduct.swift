import ExperimentHarness
import Foundation
import Rheoscope

// Backpropagation multiplies the gradient once per layer. The simplest deep net consists of layers that rotate their input
// and scale it by a number s: an orthogonal matrix times s. In the backward pass the gradient is rotated and scaled by the
// same s in each layer, so after L layers its norm is multiplied by sᴸ.
private func net(scaledBy s: Double) -> Variant {
  Variant("stretch-\(formatShortest(s))", "each layer rotates its input and scales it by \(formatShortest(s))") {
    context in
    let width = context.settings.width, depth = context.settings.depth
    let layers = (0..<depth).map { _ in Linear(width, width, bias: false, initializer: .orthogonal(gain: s)) }
    Sequential(layers).initialize(seed: UInt64(context.seed))

    // The input, the output of each layer, and a loss whose gradient with respect to the last output is a random vector.
    var random = RandomStream(seed: UInt64(context.seed), name: "input and blame")
    func vector() -> Tensor { Tensor((0..<width).map { _ in Float(random.normalPair().0) }, shape: [1, width]) }
    var outputs = [vector().requiringGradient()]
    for layer in layers { outputs.append(layer(outputs.last!)) }
    let loss = (outputs[depth] * vector()).sum()

    let sizes = gradients(of: loss, withRespectTo: outputs).map { Double($0.rms) }
    context.report(firstOverLast, sizes[0] / sizes[depth])
    context.report(MetricNames.gradient, sizes.map { $0 / sizes[depth] }, over: sizes.indices.map(Double.init))
  }
}

private let firstOverLast = "first / last gradient"

private let shrinking = net(scaledBy: 0.9), keeping = net(scaledBy: 1), growing = net(scaledBy: 1.1)

/// float32 matrices are orthogonal up to about 10⁻⁶, and products of fifty of them up to fifty times that.
private func claim(_ variant: Variant, _ s: Double) -> Claim {
  Claim(
    .identity,
    source: "the chain rule; Hochreiter 1991",
    statement: {
      "after \($0.depth) layers the gradient is multiplied by \(formatShortest(s)) to the power of \($0.depth)"
    },
    expected: { .near(pow(s, Double($0.depth)), withinShare: 2e-6 * Double($0.depth)) },
    measure: { try $0[firstOverLast, variant] })
}

extension Experiment {
  /// Deep linear nets that scale by slightly less than 1, by 1, and by slightly more. Measured: the RMS of the gradient with
  /// respect to each layer's output, relative to the last one's.
  public static let vanishingProduct = Experiment(
    name: "vanishing-product",
    question: "Why does 0.9⁵⁰ matter?",
    settings: [.depth(50), .width(32), .seeds(3, full: 20)],
    variants: [shrinking, keeping, growing],
    claims: [claim(shrinking, 0.9), claim(keeping, 1), claim(growing, 1.1)],
    figures: [
      .curves(
        "gradient", "The RMS of the gradient over layers, relative to the last", of: MetricNames.gradient,
        x: Axis(.integer, "layer", ends: ("input", "output")), y: Axis(.log, "RMS of dL/d(output), last = 1"))
    ])
}
