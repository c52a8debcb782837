import Rheoscope

/// The trainings into which faults are injected: nets, data, widths, depths and optimizers of each half.
enum Base {
  /// A pair of data and net that each half trains.
  private struct Pair {
    let data: DataName
    let net: NetKind
    let depths: [Int]
    let steps: Int
  }

  /// What a half's bases are made of.
  private struct Parts {
    let pairs: [Pair]
    let widths: [Int]
    let optimizers: [OptimizerKind]
    let activations: [ActivationKind]
  }

  private static func parts(_ half: Half) -> Parts {
    switch half {
    case .development:
      Parts(
        pairs: developmentPairs, widths: [16, 32, 48], optimizers: [.sgd, .momentum, .adam, .adamW, .rmsProp],
        activations: [.relu, .relu, .tanh, .leakyReLU])
    case .test:
      Parts(
        pairs: testPairs, widths: [12, 24, 40, 64],
        optimizers: [.sgd, .nesterov, .adam, .adamW, .rmsProp, .adagrad, .momentum],
        activations: [.relu, .relu, .gelu, .silu, .tanh])
    case .secondTest:
      Parts(
        pairs: secondTestPairs, widths: [20, 28, 56],
        optimizers: [.adam, .sgd, .adamW, .momentum, .nesterov, .rmsProp, .adagrad],
        activations: [.relu, .relu, .tanh, .leakyReLU, .gelu, .silu])
    }
  }

  /// All bases of a half; a test half has data, nets and widths that the others have not.
  static func all(_ half: Half) -> [Recipe] {
    let parts = parts(half), widths = parts.widths
    var random = RandomStream(seed: 11 + half.seed, name: "bases")
    func pick<Value>(_ values: [Value]) -> Value { values[Int(random.uniform() * Double(values.count))] }
    var bases: [Recipe] = [], names: Set<String> = []
    for pair in parts.pairs {
      for optimizer in parts.optimizers {
        for _ in 0..<2 {
          let width = pair.net.isConvolutional ? pick(widths) / 2 : pick(widths)
          var recipe = Recipe(
            data: pair.data, net: pair.net, width: width, depth: pick(pair.depths), optimizer: optimizer,
            learningRate: learningRate(optimizer, pair.net, BenchmarkData.named(pair.data).isRegression))
          recipe.steps = pair.steps
          recipe.batch = pick([16, 32, 64])
          recipe.activation =
            pair.net.isRecurrent
            ? .tanh
            : pick(parts.activations)
          if pair.net == .dense || pair.net.isConvolutional {
            let kind = random.uniform()
            recipe.hasBatchNorm = kind < 0.15
            recipe.hasLayerNorm = kind > 0.85 && pair.net == .dense
          }
          if optimizer == .adamW { recipe.weightDecay = 0.01 }
          if names.insert(recipe.name).inserted { bases.append(recipe) }
        }
      }
    }
    return bases
  }

  private static let developmentPairs = [
    Pair(data: .fashion, net: .dense, depths: [1, 2, 3, 5], steps: 200),
    Pair(data: .teacher, net: .dense, depths: [1, 2, 3, 4], steps: 250),
    Pair(data: .bars, net: .convolutional, depths: [2, 3], steps: 200),
    Pair(data: .recall(length: 6), net: .recurrent, depths: [1], steps: 250),
    Pair(data: .recall(length: 8), net: .transformer, depths: [1, 2], steps: 150),
    Pair(data: .recall(length: 8), net: .lstm, depths: [1], steps: 250),
    Pair(data: .circles, net: .dense, depths: [2, 3, 4], steps: 400),
    Pair(data: .blobs, net: .residual, depths: [3, 6, 10], steps: 150),
    Pair(data: .fashion, net: .residual, depths: [2, 4, 8], steps: 200),
    Pair(data: .teacher, net: .residual, depths: [2, 5], steps: 250),
    Pair(data: .blobs, net: .dense, depths: [1, 2, 4, 6], steps: 150),
    Pair(data: .fashion, net: .convolutional, depths: [2, 3], steps: 200),
    Pair(data: .bars, net: .dense, depths: [2, 3], steps: 200),
    Pair(data: .recall(length: 5), net: .dense, depths: [2, 3], steps: 200),
  ]

  private static let testPairs = [
    Pair(data: .fashion, net: .bottleneck, depths: [2, 4], steps: 200),
    Pair(data: .waves, net: .dense, depths: [2, 3, 5], steps: 300),
    Pair(data: .stripes, net: .convolutionalResidual, depths: [2, 3], steps: 250),
    Pair(data: .adding(length: 6), net: .gru, depths: [1], steps: 300),
    Pair(data: .adding(length: 8), net: .postNormTransformer, depths: [1, 2], steps: 250),
    Pair(data: .spirals, net: .dense, depths: [3, 4, 6], steps: 500),
    Pair(data: .teacherClasses, net: .residual, depths: [3, 7], steps: 250),
    Pair(data: .waves, net: .bottleneck, depths: [2, 4], steps: 300),
    Pair(data: .teacherClasses, net: .dense, depths: [1, 2, 4], steps: 250),
    Pair(data: .fashion, net: .dense, depths: [2, 4, 7], steps: 200),
    Pair(data: .stripes, net: .convolutional, depths: [2, 3, 4], steps: 250),
    Pair(data: .adding(length: 5), net: .lstm, depths: [1], steps: 300),
    Pair(data: .recall(length: 7), net: .gru, depths: [1], steps: 300),
    Pair(data: .recall(length: 7), net: .recurrent, depths: [1], steps: 300),
    Pair(data: .spirals, net: .residual, depths: [4, 8], steps: 500),
  ]

  private static let secondTestPairs = [
    Pair(data: .board, net: .dense, depths: [2, 3, 4], steps: 500),
    Pair(data: .ridges, net: .dense, depths: [2, 3, 5], steps: 300),
    Pair(data: .spots, net: .convolutional, depths: [2, 3], steps: 250),
    Pair(data: .counting(length: 7), net: .recurrent, depths: [1], steps: 250),
    Pair(data: .counting(length: 9), net: .transformer, depths: [1, 2], steps: 200),
    Pair(data: .difference(length: 6), net: .lstm, depths: [1], steps: 300),
    Pair(data: .difference(length: 5), net: .gru, depths: [1], steps: 300),
    Pair(data: .ridges, net: .residual, depths: [3, 6], steps: 300),
    Pair(data: .fashion, net: .convolutionalResidual, depths: [2, 3], steps: 250),
    Pair(data: .spots, net: .dense, depths: [2, 3, 5], steps: 250),
    Pair(data: .board, net: .bottleneck, depths: [3, 5], steps: 500),
    Pair(data: .recall(length: 9), net: .postNormTransformer, depths: [1, 2], steps: 250),
    Pair(data: .fashion, net: .dense, depths: [3, 6], steps: 250),
    Pair(data: .counting(length: 6), net: .dense, depths: [2, 3], steps: 250),
  ]

  /// The usual learning rate of an optimizer.
  static func learningRate(_ optimizer: OptimizerKind, _ net: NetKind, _ isRegression: Bool) -> Float {
    switch optimizer {
    case .sgd: isRegression ? 0.05 : 0.1
    case .momentum, .nesterov: isRegression ? 0.01 : 0.03
    case .adam, .adamW: 0.003
    case .rmsProp: 0.001
    case .adagrad: 0.03
    }
  }
}
