import Rheoscope

/// `depth` layers of weights, 784 → width → … → width → 10, with an activation between any two.
func chain(_ settings: Settings, initializer: Initializer, activation: () -> Module) -> Module {
  let (depth, width) = (settings.depth, settings.width)
  var layers: [Module] = []
  for layer in 1...depth {
    if layer > 1 { layers.append(activation()) }
    layers.append(Linear(layer == 1 ? 784 : width, layer == depth ? 10 : width, initializer: initializer))
  }
  return Sequential(layers)
}

/// `depth` layers of weights: a stem 784 → width, blocks that each hold one, and a head width → 10 on what is positive.
final class Tower: Module {
  let stem: Linear
  let blocks: Sequential
  let head: Linear

  init(_ settings: Settings, block: (_ width: Int) -> Module) {
    stem = Linear(784, settings.width)
    blocks = Sequential((0..<settings.depth - 2).map { _ in block(settings.width) })
    head = Linear(settings.width, 10)
  }

  override func forward(_ x: Tensor) -> Tensor { head(relu(blocks(stem(x)))) }
}
