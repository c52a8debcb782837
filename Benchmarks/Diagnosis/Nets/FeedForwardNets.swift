import Rheoscope

extension NetParts {
  /// Linear layers, or residual branches of them, on inputs [n, features].
  mutating func addVectorFeatures() {
    let inputs: Int
    switch data.layout {
    case .tokens(let length, let vocabulary):
      features += [Embedding(vocabulary * recipe.vocabularyFactor, 8), Flatten()]
      inputs = 8 * length
    case .sequence(let length, let width):
      features.append(Flatten())
      inputs = length * width
    default: inputs = data.train.features
    }
    let first = Linear(inputs, width, initializer: initializer(0))
    hidden.append(first)
    features.append(first)
    switch recipe.net {
    case .dense:
      features += norm(width) + activation()
      for index in 1..<max(recipe.depth, 1) {
        let layer = Linear(width, width, initializer: initializer(index))
        hidden.append(layer)
        features += [layer] + norm(width) + activation()
      }
    case .residual:
      // The first layer's activation stands in the first branch.
      for index in 1...recipe.depth {
        let layer = Linear(width, width, initializer: initializer(index))
        hidden.append(layer)
        features.append(
          Residual(norm(width) + activation() + [layer], scale: branchScale, learnsScale: recipe.learnsBranchScale))
      }
      features += activation()
    default:
      for index in 1...recipe.depth {
        let wide = Linear(width, 2 * width, initializer: initializer(index))
        let narrow = Linear(2 * width, width, initializer: .leCunNormal)
        hidden.append(wide)
        features.append(
          Residual(
            (recipe.hasBatchNorm ? norm(width) : [LayerNorm(width)]) + [wide] + activation() + [narrow],
            scale: branchScale,
            learnsScale: recipe.learnsBranchScale))
      }
      activations.insert(nil, at: 0)
    }
  }

  /// Convolutions, or residual branches of them, on inputs [n, height, width, 1].
  mutating func addImageFeatures() {
    let first = Conv2d(1, width, kernelSize: 3, padding: 1, initializer: initializer(0))
    hidden.append(first)
    features.append(first)
    if recipe.net == .convolutional {
      features += norm(width) + activation() + [MaxPool2d(kernelSize: 2)]
      for index in 1..<max(recipe.depth, 1) {
        let layer = Conv2d(width, width, kernelSize: 3, padding: 1, initializer: initializer(index))
        hidden.append(layer)
        features += [layer] + norm(width) + activation()
        if index == 1 { features.append(MaxPool2d(kernelSize: 2)) }
      }
      features.append(GlobalAveragePool2d())
    } else {
      features.append(AveragePool2d(kernelSize: 2))
      for index in 1...recipe.depth {
        let layer = Conv2d(width, width, kernelSize: 3, padding: 1, initializer: initializer(index))
        hidden.append(layer)
        features.append(
          Residual(norm(width) + activation() + [layer], scale: branchScale, learnsScale: recipe.learnsBranchScale))
      }
      features += activation() + [GlobalAveragePool2d()]
    }
  }
}
