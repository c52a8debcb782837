import Autodiff

/// Modules one after the other; children are named "0", "1", ….
public final class Sequential: Module {
  private let layers: [Module]

  /// Modules in order.
  public init(_ layers: [Module]) { self.layers = layers }

  /// Modules in order.
  public convenience init(_ layers: Module...) { self.init(layers) }

  public override func forward(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) } }

  package override var namedChildren: [(name: String, module: Module)]? { numbered(layers) }
}

/// x + α f(x), where f is modules one after the other; children are named "0", "1", ….
///
/// The scale α is 1 by default. With f = W relu(x) and 50 such layers an unscaled branch starts at a loss of 10⁴ to 10¹¹ and
/// ends in NaN, since each layer adds as much again as the stream holds; α = 1/√L for L layers keeps the whole stream's
/// growth to a factor of √e and trains at once.
///
/// Sources: He et al., "Deep residual learning for image recognition", 2015, arXiv:1512.03385; for the scale, Hanin and
/// Rolnick, "How to start training", 2018, arXiv:1803.01719.
public final class Residual: Module {
  private let layers: [Module]
  /// α
  public let scale: Float

  /// x + α f(x), f being modules in order.
  public init(_ layers: [Module], scale: Float = 1) {
    self.layers = layers
    self.scale = scale
  }

  /// x + α f(x), f being modules in order.
  public convenience init(_ layers: Module..., scale: Float = 1) { self.init(layers, scale: scale) }

  public override func forward(_ x: Tensor) -> Tensor { x + scale * layers.reduce(x) { $1($0) } }

  public override var details: String { "x + \(scale == 1 ? "" : "\(scale) ")f(x)" }

  package override var namedChildren: [(name: String, module: Module)]? { numbered(layers) }
}

private func numbered(_ layers: [Module]) -> [(name: String, module: Module)] {
  layers.enumerated().map { ("\($0.offset)", $0.element) }
}

/// The input, unchanged.
public final class Identity: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.marked() }
}

/// The input, unchanged: marks any tensor of a model as a site that hooks can watch.
public final class HookPoint: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.marked() }
}
