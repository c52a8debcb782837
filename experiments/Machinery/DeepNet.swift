import Rheoscope

/// A deep fully connected net for pictures of 784 pixels in ten classes: a stem, blocks of one hidden layer each, and a head.
/// With depth L it has L layers with weights. Nets of one depth and width share the paths of their weights, so one seed gives
/// them the same ones.
final class DeepNet: Module {
  private let stem: Linear
  private let blocks: Sequential
  private let activation: Module
  private let head: Linear

  /// `block` makes a block around an activation and a hidden layer.
  init(
    _ settings: Settings, initializer: Initializer?, activation: () -> Module,
    block: (_ activation: Module, _ hidden: Linear) -> Module = { Sequential($0, $1) }
  ) {
    let width = settings.width
    stem = Linear(784, width, initializer: initializer)
    blocks = Sequential(
      (0..<settings.depth - 2).map { _ in block(activation(), Linear(width, width, initializer: initializer)) })
    self.activation = activation()
    head = Linear(width, 10, initializer: initializer)
  }

  override func forward(_ x: Tensor) -> Tensor { head(activation(blocks(stem(x)))) }
}

extension Prediction {
  /// For a plain `DeepNet`: mean field theory from layer to layer, beginning with the length that standardized pixels give the
  /// first layer, whose weights have `stemGain` times as much variance as σ_w²/784.
  static func plain(_ activation: Activation, weightVariance: Double, stemGain: Double = 1, _ settings: Settings) -> Prediction {
    let theory = MeanField(activation, weightVariance: weightVariance)
    return Prediction(factors: theory.gradientFactors(depth: settings.depth, inputLength: weightVariance * stemGain))
  }

  /// Xavier scales by inputs and outputs, and the first layer has many more inputs.
  static func xavierStemGain(_ settings: Settings) -> Double { 2 * 784 / Double(784 + settings.width) }
}
