import Rheoscope

/// A net as a recipe describes it, and where its parts are.
final class BenchmarkNet {
  let model: Module
  /// The modules of hidden layers, input first.
  let hidden: [Module]
  /// The activations after them; nil where there is none.
  let activations: [Module?]
  /// The batch norms.
  let norms: [Module]
  /// The last layer.
  let head: Linear
  /// What follows it; nil for nothing.
  let ending: Module?
  /// What stands in the way of gradients; nil for nothing.
  let obstacle: Module?
  private let layout: Layout
  private let isImage: Bool

  init(_ recipe: Recipe, _ data: BenchmarkData) {
    var parts = NetParts(recipe, data)
    switch recipe.net {
    case .dense, .residual, .bottleneck: parts.addVectorFeatures()
    case .convolutional, .convolutionalResidual: parts.addImageFeatures()
    case .recurrent, .lstm, .gru: parts.addRecurrentFeatures()
    case .transformer, .postNormTransformer: parts.addAttentionFeatures()
    }
    (model, head, ending, obstacle) = parts.finish()
    (hidden, activations, norms) = (parts.hidden, parts.activations, parts.norms)
    layout = data.layout
    isImage = recipe.net.isConvolutional
  }

  /// The output [n, outputs] for a batch's inputs [n, features].
  func callAsFunction(_ inputs: Tensor) -> Tensor { model(shaped(inputs)) }

  /// The inputs in the shape that the model takes.
  func shaped(_ inputs: Tensor) -> Tensor {
    switch layout {
    case .image(let height, let width) where isImage: inputs.reshaped(-1, height, width, 1)
    case .sequence(let length, let features): inputs.reshaped(-1, length, features)
    default: inputs
    }
  }

  /// The path of a module in the model; nil if it is not there.
  func path(of module: Module?) -> String? {
    guard let module else { return nil }
    return model.modules.first { $0.module === module }?.path
  }

  /// The paths of a hidden layer and of its activation.
  func paths(ofLayer index: Int) -> [String?] {
    [path(of: hidden[index]), activations.indices.contains(index) ? path(of: activations[index]) : nil]
  }

  /// The path of the first hidden layer, and that of an embedding before it.
  var firstPaths: [String?] {
    [path(of: hidden[0]), path(of: model.modules.lazy.map(\.module).first { $0 is Embedding })]
  }

  /// The optimizer's modules.
  func held(_ held: Held) -> Module {
    switch held {
    case .everything: model
    case .headOnly: Sequential([head])
    case .hiddenOnly: Sequential(hidden)
    case .allButFirst: Sequential(Array(hidden.dropFirst()) + [head])
    }
  }
}

/// The parts of a net while it is built.
struct NetParts {
  let recipe: Recipe
  let data: BenchmarkData
  /// What makes features of inputs, in order.
  var features: [Module] = []
  /// The number of features.
  var width: Int
  var hidden: [Module] = []
  var activations: [Module?] = []
  var norms: [Module] = []

  init(_ recipe: Recipe, _ data: BenchmarkData) {
    (self.recipe, self.data, width) = (recipe, data, recipe.width)
  }

  /// The initializer of the hidden layer with this index.
  func initializer(_ index: Int) -> Initializer {
    recipe.layerInitializers[index] ?? recipe.initializer ?? recipe.activation.initializer
  }

  /// An activation, recorded as that of the last hidden layer.
  mutating func activation() -> [Module] {
    guard !recipe.dropsActivations else {
      activations.append(nil)
      return []
    }
    let module = recipe.activation.module
    activations.append(module)
    return [module]
  }

  /// The norm of the recipe.
  mutating func norm(_ channels: Int) -> [Module] {
    if recipe.hasBatchNorm {
      let norm = BatchNorm(channels)
      norms.append(norm)
      return [norm]
    }
    return recipe.hasLayerNorm ? [LayerNorm(channels)] : []
  }

  /// The factor of residual branches.
  var branchScale: Float { recipe.branchScale ?? 1 / Float(recipe.depth).squareRoot() }

  /// The whole model with its head, its ending and what stands in the way.
  mutating func finish() -> (model: Module, head: Linear, ending: Module?, obstacle: Module?) {
    if recipe.hasFinalNorm { features.append(LayerNorm(width)) }
    if recipe.dropout > 0 { features.append(Dropout(recipe.dropout)) }
    let head = Linear(
      width, recipe.isBinary ? 1 : data.outputs, initializer: recipe.headInitializer ?? .leCunNormal)
    let ending: Module? =
      switch recipe.ending {
      case .nothing: nil
      case .softmax: Softmax()
      case .sigmoid: Sigmoid()
      case .tanh: Tanh()
      case .relu: ReLU()
      }
    var obstacle: Module?
    // Behind the first half of the hidden layers, or of the features of a net that is no list.
    let middle =
      features.count > 2
      ? (features.firstIndex { $0 === hidden[(hidden.count - 1) / 2] } ?? features.count - 1) + 1 : features.count
    switch recipe.obstacle {
    case .nothing: break
    case .detached: obstacle = Detached()
    case .sign: obstacle = Sign()
    case .tanh: obstacle = Tanh()
    case .shares(let epsilon): obstacle = Shares(epsilon: epsilon)
    case .withoutGradients: obstacle = OffTape(Array(features[..<middle]))
    }
    switch recipe.obstacle {
    case .nothing: break
    case .withoutGradients: features.replaceSubrange(..<middle, with: [obstacle!])
    case .shares: features.append(obstacle!)
    default: features.insert(obstacle!, at: middle)
    }
    let all = features + [head] + (ending.map { [$0] } ?? [])
    return (Sequential(all), head, ending, obstacle)
  }
}

/// Passes its input on without gradients.
private final class Detached: Module {
  override func forward(_ x: Tensor) -> Tensor { x.detached() }
}

/// The sign of each value, whose slope is 0.
private final class Sign: Module {
  override func forward(_ x: Tensor) -> Tensor { x.sign() + 0 * x }
}

/// Each value over the sum of its row.
private final class Shares: Module {
  private let epsilon: Float
  init(epsilon: Float) { self.epsilon = epsilon }

  override func forward(_ x: Tensor) -> Tensor {
    x / (x.sum(axes: [1], keepingDimensions: true) + epsilon) * Float(x.shape[1])
  }
}

/// Modules that are called without gradients.
private final class OffTape: Module {
  let layers: [Module]
  init(_ layers: [Module]) { self.layers = layers }

  override func forward(_ x: Tensor) -> Tensor { withoutGradients { layers.reduce(x) { $1($0) } } }
}
