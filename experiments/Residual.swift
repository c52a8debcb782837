import Rheoscope

// A plain net turns x into W relu(x), layer after layer. With weights as PyTorch draws them, from −1/√n to 1/√n, blame is
// multiplied by √(1/6) = 0.41 in each, and after 48 layers 10⁻¹⁹ of it arrives.
private let plainNet = Variant(
  "plain", "x → W relu(x)",
  theory: { _ in .sameInEveryLayer(factor: MeanField(.relu, weightVariance: 1.0 / 3).gradientFactor) },
  net: { settings in DeepNet(settings, activation: { ReLU() }) { Sequential($0, $1) } })

// A residual net adds that to x instead of putting it in its place. Blame has a way back on which nothing is multiplied, past
// all weights and slopes: the shortcut. Each layer adds a little to it, α² / 12 of it for these weights, so α is chosen as
// 1/√L for L layers: then all of them together leave it about as large as it was.
private let residualNet = Variant(
  "residual", "x → x + α W relu(x), α = 1/√L",
  theory: { settings in
    .sameInEveryLayer(factor: MeanField.residualFactor(scale: Double(scale(settings)), weightVariance: 1.0 / 3))
  },
  net: { settings in DeepNet(settings, activation: { ReLU() }) { Residual($0, $1, scale: scale(settings)) } })

/// α = 1/√L, where L counts the layers that have a shortcut: all but the first and the last.
private func scale(_ settings: Settings) -> Float { 1 / Float(max(settings.depth - 2, 1)).squareRoot() }

extension Experiment {
  /// Twins: the same weights, with and without shortcuts.
  ///
  /// Measured: the loss while training, the share of test images named right, and by how much a layer multiplies the gradient
  /// before training begins.
  public static let residual = Experiment(
    name: "residual",
    question: "What do shortcuts change, if everything else is the same?",
    settings: [
      .depth(50), .width(64), .batch(64), .steps(600, quick: 100), .seeds(3, full: 20), .learningRate(0.05),
    ],
    variants: [plainNet, residualNet],
    claims: [
      .gradientFactor(of: plainNet),
      .gradientFactor(of: residualNet),
      .staysAtChance(plainNet, "He et al. 2015, arXiv:1512.03385"),
      .learns(residualNet, toBelow: 1, "He et al. 2015, arXiv:1512.03385; α by Hanin and Rolnick 2018"),
    ],
    pictures: [.chart("loss"), .chart("gradient-flow"), .chart("gradient-profile")])
}
