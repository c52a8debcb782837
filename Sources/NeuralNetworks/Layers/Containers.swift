import Autodiff

/// Modules applied one after the other; children are named "0", "1", …. Each module gets the output of the one before, which may
/// have any shape that it takes.
public final class Sequential: Module {
  private let layers: [Module]
  /// The first layer of each segment, and the number of layers; nil without checkpoints.
  private let bounds: [Int]?

  /// Modules in order.
  ///
  /// With `checkpointed`, the backward pass recomputes activations segment by segment instead of storing them. With the default
  /// of √L segments, memory for L layers grows as √L. See `checkpointed(_:)`. Stops the program unless the number of segments
  /// is from 1 to the number of layers.
  public init(_ layers: [Module], checkpointed: Bool = false, segments: Int? = nil) {
    self.layers = layers
    let count = segments ?? Int(Double(layers.count).squareRoot().rounded())
    guard count >= min(1, layers.count), count <= layers.count else {
      stop(
        "Sequential", "\(count) segments of \(layers.count) layers; there must be from 1 to \(layers.count) segments")
    }
    // Sizes differ by at most one layer.
    bounds = checkpointed ? (0...count).map { $0 * layers.count / max(count, 1) } : nil
  }

  /// Modules in order.
  public convenience init(_ layers: Module...) { self.init(layers) }

  public override func forward(_ x: Tensor) -> Tensor {
    guard let bounds else { return output(of: layers[...], for: x) }
    return zip(bounds, bounds.dropFirst()).reduce(x) { input, segmentBounds in
      let segment = layers[segmentBounds.0..<segmentBounds.1]
      return Autodiff.checkpointed { output(of: segment, for: input) }
    }
  }

  public override var namedChildren: [(name: String, module: Module)]? { numbered(layers) }
}

private func output(of layers: ArraySlice<Module>, for input: Tensor) -> Tensor {
  var output = input
  for index in layers.indices { output = layers[index](output) }
  return output
}

func numbered(_ layers: [Module]) -> [(name: String, module: Module)] {
  layers.enumerated().map { ("\($0.offset)", $0.element) }
}

/// The input, of any shape, unchanged.
public final class Identity: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.identity() }
}

/// The input, of any shape, unchanged: makes any tensor of a model a site to which hooks can be attached.
public final class HookPoint: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.identity() }
}
