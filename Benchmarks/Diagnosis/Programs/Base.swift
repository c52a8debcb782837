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

  /// All bases of a half; the test half has data, nets and widths that the development half has not.
  static func all(_ half: Half) -> [Recipe] {
    let pairs = half == .development ? developmentPairs : testPairs
    let widths = half == .development ? [16, 32, 48] : [12, 24, 40, 64]
    let optimizers: [OptimizerKind] =
      half == .development
      ? [.sgd, .momentum, .adam, .adamW, .rmsProp] : [.sgd, .nesterov, .adam, .adamW, .rmsProp, .adagrad, .momentum]
    var random = RandomStream(seed: half == .development ? 11 : 12, name: "bases")
    func pick<Value>(_ values: [Value]) -> Value { values[Int(random.uniform() * Double(values.count))] }
    var bases: [Recipe] = [], names: Set<String> = []
    for pair in pairs {
      for optimizer in optimizers {
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
            : pick(half == .development ? [.relu, .relu, .tanh, .leakyReLU] : [.relu, .relu, .gelu, .silu, .tanh])
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
