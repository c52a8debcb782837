import ExperimentHarness
import Foundation
import Rheoscope

// Backpropagation multiplies, once a layer. The plainest deep net has nothing but layers that turn their input about and stretch
// it by a number s: an orthogonal matrix times s. On its way back a gradient is turned about and stretched by the same s, layer
// after layer, and after L layers it has s to the power of L of its length.
private func net(stretching s: Double) -> Variant {
  Variant("stretch-\(shortest(s))", "each layer turns its input about and stretches it by \(shortest(s))") { context in
    let width = context.settings.width, depth = context.settings.depth
    let layers = (0..<depth).map { _ in Linear(width, width, bias: false, initializer: .orthogonal(gain: s)) }
    Sequential(layers).initialize(seed: UInt64(context.seed))

    // What goes in, what each layer gives, and a loss whose blame for the last output is a vector drawn at random.
    var random = RandomStream(seed: UInt64(context.seed), name: "input and blame")
    func vector() -> Tensor { Tensor((0..<width).map { _ in Float(random.normalPair().0) }, shape: [1, width]) }
    var outputs = [vector().requiringGradient()]
    for layer in layers { outputs.append(layer(outputs.last!)) }
    let loss = (outputs[depth] * vector()).sum()

    let sizes = gradients(of: loss, withRespectTo: outputs).map { Double($0.rms) }
    context.report("first / last gradient", sizes[0] / sizes[depth])
    context.report("gradient", sizes.map { $0 / sizes[depth] }, over: sizes.indices.map(Double.init))
  }
}

private let shrinking = net(stretching: 0.9), keeping = net(stretching: 1), growing = net(stretching: 1.1)

/// Turned matrices in 32 bits are orthogonal up to 10⁻⁶ or so, and fifty of them up to fifty times that.
private func claim(_ variant: Variant, _ s: Double) -> Claim {
  Claim(
    source: "the chain rule; Hochreiter 1991",
    statement: { "after \($0.depth) layers the gradient is \(shortest(s)) to the power of \($0.depth) of what it was" },
    expected: { .near(pow(s, Double($0.depth)), withinShare: 2e-6 * Double($0.depth)) },
    measure: { try $0["first / last gradient", variant] })
}

extension Experiment {
  /// Deep linear nets that stretch by a little less than 1, by 1, and by a little more. Measured: the size of the gradient with
  /// respect to each layer's output, as a share of the last one's.
  public static let vanishingProduct = Experiment(
    name: "vanishing-product",
    question: "Why does 0.9⁵⁰ matter?",
    settings: [.depth(50), .width(32), .seeds(3, full: 20)],
    variants: [shrinking, keeping, growing],
    claims: [claim(shrinking, 0.9), claim(keeping, 1), claim(growing, 1.1)],
    pictures: [
      .curves(
        "gradient", "The gradient's size over layers, relative to the last", of: "gradient",
        x: Axis(.integer, "layer", ends: ("input", "output")), y: Axis(.log, "size of gradient"))
    ])
}
