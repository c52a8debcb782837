import Autodiff
import NeuralNetworks

// What remedies do to weights. Loaded values stay.

extension Module {
  /// Draws weights anew, and sets the biases beside them to 0; false where there are none. Weights are parameters of that name with two
  /// dimensions or more, but for those of embeddings; biases of gates, of which some begin at 1, stay.
  func initializeWeights(by initializer: Initializer, seed: UInt64) -> Bool {
    let gates = modules.map(\.module).filter { $0 is RecurrentCell }
      .flatMap { $0.modules.map { ObjectIdentifier($0.module) } }
    var isChanged = false
    for layer in layers {
      layer.weight.initialize(by: initializer, seed: seed, path: layer.path + "weight")
      isChanged = true
      guard !gates.contains(ObjectIdentifier(layer.module)) else { continue }
      if let bias = layer.module.ownParameters.first(where: { $0.name == "bias" })?.parameter, bias.source != .loaded {
        bias.initialize(by: .zeros, seed: seed, path: layer.path + "bias")
      }
    }
    return isChanged
  }

  /// Multiplies the weights of all layers but the last, which sets the size of the outputs, not that of gradients in between.
  func scaleHiddenWeights(by factor: Float) -> Bool {
    let hidden = layers.dropLast()
    for layer in hidden { layer.weight.set(layer.weight.value.detached() * factor) }
    return !hidden.isEmpty
  }

  /// Draws the square weights of the modules with these paths as orthogonal matrices; false where there are none.
  func makeOrthogonal(at paths: [String], seed: UInt64) -> Bool {
    let square = layers.filter {
      paths.contains(String($0.path.dropLast())) && $0.weight.shape.count == 2
        && $0.weight.shape[0] == $0.weight.shape[1]
    }
    for layer in square { layer.weight.initialize(by: .orthogonal(), seed: seed, path: layer.path + "weight") }
    return !square.isEmpty
  }

  /// Sets the biases of forget gates, which are the second of four parts; false where there are none.
  func setForgetBiases(to value: Float) -> Bool {
    let biases = modules.compactMap { ($0.module as? LSTMCell)?.input.bias }.filter { $0.source != .loaded }
    for bias in biases {
      var values = bias.value.values
      for index in values.count / 4..<values.count / 2 { values[index] = value }
      bias.set(Tensor(values, shape: bias.shape))
    }
    return !biases.isEmpty
  }

  /// Multiplies the branches of residual blocks so that their scale is this; false where there are none.
  func scaleBranches(by scale: Float) -> Bool {
    let blocks = modules.compactMap { $0.module as? Residual }
    for block in blocks {
      if let learned = block.learnedScale {
        learned.set(Tensor(scale))
      } else if block.scale != 0, let last = block.namedChildren?.last(where: { $0.name != "shortcut" })?.module {
        let factor = scale / block.scale
        last.attachOutputHook { factor * $0 }
      }
    }
    return !blocks.isEmpty
  }

  /// The modules with a weight that was not loaded, and their paths with a full stop behind.
  private var layers: [(path: String, module: Module, weight: Parameter)] {
    modules.compactMap { path, module in
      guard !(module is Embedding),
        let weight = module.ownParameters.first(where: { $0.name == "weight" && $0.parameter.shape.count > 1 })?
          .parameter, weight.source != .loaded
      else { return nil }
      return (path.isEmpty ? "" : path + ".", module, weight)
    }
  }
}
