import Rheoscope

extension NetParts {
  /// From inputs to vectors [n, length, width]: an embedding of tokens, or a linear layer.
  private func inputModule() -> (module: Module, length: Int) {
    switch data.layout {
    case .tokens(let length, let vocabulary): (Embedding(vocabulary * recipe.vocabularyFactor, width), length)
    case .sequence(let length, let features): (Linear(features, width, initializer: .leCunNormal), length)
    default: fatalError("a sequence net needs sequences")
    }
  }

  /// The last state of a recurrent net, [n, width].
  mutating func addRecurrentFeatures() {
    let (input, _) = inputModule()
    switch recipe.net {
    case .recurrent:
      let act = recipe.activation.module
      let cell = Cell(width, act, initializer(0), recipe.stateInitializer ?? .orthogonal())
      hidden = [cell]
      activations = [act]
      features = [Recurrence(input, cell, width)]
    case .lstm:
      let layer = LSTM(width, width, forgetBias: recipe.forgetBias, initializer: recipe.initializer)
      hidden = [layer]
      activations = [nil]
      features = [input, layer, LastStep()]
    default:
      let layer = GRU(width, width, initializer: recipe.initializer)
      hidden = [layer]
      activations = [nil]
      features = [input, layer, LastStep()]
    }
  }

  /// The mean over positions of the output of Transformer blocks, [n, width].
  mutating func addAttentionFeatures() {
    let (input, length) = inputModule()
    let blocks = (0..<recipe.depth).map { index in
      TransformerBlock(
        width, heads: 2, hidden: 2 * width, placement: recipe.net == .transformer ? .pre : .post,
        dropout: 0, initializer: recipe.layerInitializers[index] ?? recipe.initializer ?? .xavierNormal)
    }
    hidden = blocks
    activations = blocks.map { _ in nil }
    features = [Attention(input, length, width, blocks)]
  }
}

/// h′ = f(W x + U h).
private final class Cell: Module {
  let input, state: Linear
  let activation: Module

  init(_ width: Int, _ activation: Module, _ inputs: Initializer, _ states: Initializer) {
    input = Linear(width, width, initializer: inputs)
    state = Linear(width, width, bias: false, initializer: states)
    self.activation = activation
  }

  override func forward(_ x: Tensor, _ h: Tensor) -> Tensor { activation(input(x) + state(h)) }
}

/// The last step of [n, length, width].
private final class LastStep: Module {
  override func forward(_ x: Tensor) -> Tensor {
    x.sliced(1, x.shape[1] - 1..<x.shape[1]).reshaped(x.shape[0], x.shape[2])
  }
}

/// The state of a cell after the last step of a sequence.
private final class Recurrence: Module {
  let input: Module
  let cell: Cell
  private let width: Int

  init(_ input: Module, _ cell: Cell, _ width: Int) {
    (self.input, self.cell, self.width) = (input, cell, width)
  }

  override func forward(_ x: Tensor) -> Tensor {
    let vectors = input(x), count = x.shape[0]
    return (0..<vectors.shape[1]).reduce(Tensor(repeating: 0, shape: [count, width])) { h, time in
      cell(vectors.sliced(1, time..<time + 1).reshaped(count, width), h)
    }
  }
}

/// Blocks of attention on vectors with learned positions.
private final class Attention: Module {
  let input: Module
  let positions: Parameter
  let blocks: [TransformerBlock]

  init(_ input: Module, _ length: Int, _ width: Int, _ blocks: [TransformerBlock]) {
    self.input = input
    self.blocks = blocks
    positions = Parameter(
      [length, width],
      initializer: Initializer("normal of 0.5") { values, _, _, stream in
        for index in values.indices { values[index] = 0.5 * Float(stream.normalPair().0) }
      })
  }

  override func forward(_ x: Tensor) -> Tensor {
    blocks.reduce(input(x) + positions.value) { $1($0) }.mean(axes: [1])
  }
}
