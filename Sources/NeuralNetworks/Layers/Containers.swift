import Autodiff

/// Modules one after the other; children are named "0", "1", ….
public final class Sequential: Module {
  private let layers: [Module]
  /// Where segments begin, and the end.
  private let bounds: [Int]?

  /// Modules in order.
  ///
  /// With `checkpointed` the backward pass computes activations again, segment by segment, instead of keeping them: memory
  /// for L layers grows as √L where `segments` is nil, which stands for √L of them. See `checkpointed(_:)`.
  public init(_ layers: [Module], checkpointed: Bool = false, segments: Int? = nil) {
    self.layers = layers
    let count = segments ?? Int(Double(layers.count).squareRoot().rounded())
    guard count >= min(1, layers.count), count <= layers.count else {
      stop("Sequential", "\(count) segments of \(layers.count) layers, at least 1 and at most each layer is one")
    }
    // As equal as can be.
    bounds = checkpointed ? (0...count).map { $0 * layers.count / max(count, 1) } : nil
  }

  /// Modules in order.
  public convenience init(_ layers: Module...) { self.init(layers) }

  public override func forward(_ x: Tensor) -> Tensor {
    guard let bounds else { return output(of: layers[...], for: x) }
    return zip(bounds, bounds.dropFirst()).reduce(x) { input, ends in
      let segment = layers[ends.0..<ends.1]
      return Autodiff.checkpointed { output(of: segment, for: input) }
    }
  }

  package override var namedChildren: [(name: String, module: Module)]? { numbered(layers) }
}

private func output(of layers: ArraySlice<Module>, for input: Tensor) -> Tensor {
  var output = input
  for place in layers.indices { output = layers[place](output) }
  return output
}

func numbered(_ layers: [Module]) -> [(name: String, module: Module)] {
  layers.enumerated().map { ("\($0.offset)", $0.element) }
}

/// The input, unchanged.
public final class Identity: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.identity() }
}

/// The input, unchanged: marks any tensor of a model as a site that hooks can watch.
public final class HookPoint: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.identity() }
}
