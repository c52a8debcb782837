import Foundation
import Rheoscope

extension Fault {
  /// Faults of weights, activations, gradients and rates.
  static let signalFaults = [
    Fault(
      "vanishing: sigmoid", ["vanishing gradient"], "sigmoids in this many hidden layers", [2, 4, 5, 6, 8, 10],
      fits: { $0.net == .dense && !$0.hasBatchNorm && !$0.hasLayerNorm }, prepare: { $0.depth = Int($1) },
      sites: \.firstPaths
    ) { recipe, _ in recipe.activation = .sigmoid },
    Fault(
      "vanishing: over time", ["vanishing gradient"], "recurrent weights of this gain, in a sequence of 10",
      [0.7, 0.5, 0.4, 0.3, 0.2], fits: { $0.net == .recurrent && $0.optimizer != .sgd },
      prepare: { recipe, _ in
        recipe.data = recipe.data.withLength(10)
        recipe.steps = 400
      }, sites: \.firstPaths
    ) { recipe, gain in recipe.stateInitializer = .orthogonal(gain: gain) },
    Fault(
      "vanishing: forget gates", ["vanishing gradient"], "biases of forget gates of this, in a sequence of 15",
      [0, -1, -2, -4, -6], fits: { $0.net == .lstm && $0.optimizer != .sgd },
      prepare: { recipe, _ in
        recipe.data = recipe.data.withLength(15)
        recipe.forgetBias = 3
        recipe.steps = 400
      }, sites: \.firstPaths
    ) { recipe, bias in recipe.forgetBias = Float(bias) },
    Fault(
      "exploding: over time", ["exploding gradient", "exploding activations"],
      "recurrent weights of this gain, ReLU, in a sequence of 25 of which the last symbol counts",
      [1.1, 1.3, 1.6, 2, 2.5],
      fits: { $0.net == .recurrent },
      prepare: { recipe, _ in
        recipe.data = .echo(length: 25)
        recipe.activation = .relu
        recipe.stateInitializer = .orthogonal(gain: 0.9)
        recipe.steps = 200
      }, sites: \.firstPaths
    ) { recipe, gain in recipe.stateInitializer = .orthogonal(gain: gain) },
    Fault(
      "exploding: depth", ["exploding gradient", "initialization too large", "exploding activations"],
      "weights of variance 2 times this over inputs, in ten layers", [1.5, 3, 6, 12, 30],
      fits: { $0.net == .dense && !$0.hasBatchNorm && !$0.hasLayerNorm && $0.activation != .tanh },
      prepare: { recipe, _ in recipe.depth = 10 },
      sites: \.firstPaths
    ) { recipe, factor in recipe.initializer = .normal(weightVariance: 2 * factor) },
    Fault(
      "initialization too large",
      ["initialization too large", "saturated units", "exploding gradient", "exploding activations"],
      "hidden weights of this variance over inputs", [10, 30, 100, 300, 1000, 3000],
      fits: { !$0.net.isSequential && !$0.hasBatchNorm && !$0.hasLayerNorm && $0.net != .bottleneck && $0.depth >= 2 },
      sites: \.firstPaths
    ) { recipe, variance in recipe.initializer = .normal(weightVariance: variance) },
    Fault(
      "initialization too small", ["initialization too small", "vanishing gradient", "vanishing activations"],
      "hidden weights of this variance over inputs", [0.1, 0.03, 0.01, 0.001, 0.0001],
      fits: { ($0.net == .dense || $0.net == .convolutional) && !$0.hasBatchNorm && !$0.hasLayerNorm && $0.depth >= 2 },
      prepare: { recipe, _ in recipe.depth = max(recipe.depth, 4) }, sites: \.firstPaths
    ) { recipe, variance in recipe.initializer = .normal(weightVariance: variance) },
    Fault(
      "constant initialization", ["constant initialization"], "all hidden weights are this",
      [0.001, 0.01, 0.05, 0.1, 0.3],
      fits: { !$0.net.isSequential && $0.depth >= 2 }, sites: { $0.firstPaths + $0.paths(ofLayer: 1) }
    ) { recipe, value in recipe.initializer = .constant(Float(value)) },
    Fault(
      "zero initialization", ["constant initialization"], "all weights are 0, or all hidden ones", [0, 1, 0, 1],
      fits: { ($0.net == .dense || $0.net == .convolutional) && $0.depth >= 2 },
      sites: { $0.firstPaths + $0.paths(ofLayer: 1) }
    ) { recipe, kind in
      recipe.initializer = .zeros
      if kind == 0 { recipe.headInitializer = .zeros }
    },
    Fault(
      "dead ReLU", ["dead units"], "minus this in the biases of a hidden layer", [1, 5, 10, 30, 100, 300],
      fits: {
        $0.activation == .relu && ($0.net == .dense || $0.net == .convolutional) && !$0.hasBatchNorm && !$0.hasLayerNorm
          && $0.depth >= 2
      },
      sites: { $0.paths(ofLayer: 1) }
    ) { recipe, bias in recipe.biases[1] = -Float(bias) },
    Fault(
      "saturated", ["saturated units", "initialization too large"],
      "one tanh layer's weights are of this variance over inputs",
      [100, 1000, 10_000, 100_000, 1_000_000],
      fits: { $0.net == .dense && !$0.hasBatchNorm && !$0.hasLayerNorm && $0.depth >= 2 },
      prepare: { recipe, _ in recipe.activation = .tanh },
      sites: { $0.paths(ofLayer: 1) }
    ) { recipe, variance in recipe.layerInitializers[1] = .normal(weightVariance: variance) },
    Fault(
      "learning rate too high", ["learning rate too high", "units dying over time", "loss oscillates"],
      "the learning rate times this",
      [5, 10, 30, 100, 300, 1000]
    ) { recipe, factor in recipe.learningRate *= Float(factor) },
    Fault(
      "learning rate too low", ["learning rate too low"], "the learning rate over this",
      [10, 30, 100, 1000, 10_000, 100_000]
    ) { recipe, divisor in recipe.learningRate /= Float(divisor) },
    Fault(
      "learning rate decays", ["learning rate decayed to nothing"], "the learning rate times this at each step",
      [0.97, 0.9, 0.8, 0.6, 0.5, 0.3]
    ) { recipe, factor in recipe.schedule = .exponential(factor: factor) },
    Fault(
      "weight decay", ["weight decay too strong"], "a weight decay of this over the learning rate",
      [0.001, 0.01, 0.03, 0.1, 0.2, 0.4],
      fits: { [.sgd, .adamW, .momentum].contains($0.optimizer) }
    ) { recipe, decay in
      recipe.weightDecay = Float(decay) / recipe.learningRate
      if recipe.optimizer == .momentum { recipe.weightDecay /= 10 }
    },
    Fault(
      "clipping", ["clipping always binds"], "gradients are clipped to this norm",
      [0.3, 0.1, 0.03, 0.01, 0.003, 0.001],
      fits: { [.sgd, .momentum, .nesterov].contains($0.optimizer) }
    ) { recipe, limit in recipe.clip = limit },
  ]
}

extension DataName {
  /// Sequences of another length; other data as they are.
  func withLength(_ length: Int) -> DataName {
    switch self {
    case .recall: .recall(length: length)
    case .adding: .adding(length: length)
    case .counting: .counting(length: length)
    case .difference: .difference(length: length)
    default: self
    }
  }
}
