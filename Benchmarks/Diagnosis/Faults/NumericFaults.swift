import Rheoscope

extension Fault {
  /// Faults of arithmetic.
  static let numericFaults = [
    Fault(
      "square root at zero: bias norm", ["square root at zero"],
      "the norms of biases, which begin at 0, are added to the loss",
      [1, 1, 1, 1], fits: { $0.net == .dense || $0.net == .convolutional },
      prepare: { recipe, _ in recipe.loss = .biasPenalty(epsilon: 1e-6) }
    ) { recipe, _ in recipe.loss = .biasPenalty(epsilon: 0) },
    Fault(
      "square root at zero: pairs", ["square root at zero"], "distances of pairs, of which some are of one sample",
      outcome: .relativeTraining, [1, 1, 1, 1],
      fits: { ($0.net == .dense || $0.net == .residual || $0.net == .convolutional) && $0.classes ?? 0 > 2 },
      prepare: { recipe, _ in recipe.procedure = .pairs(epsilon: 1e-6) }
    ) { recipe, _ in recipe.procedure = .pairs(epsilon: 0) },
    Fault(
      "logarithm of zero: sigmoid", ["logarithm of zero"], "logarithms of a sigmoid of logits of this spread",
      [1, 3, 10, 15, 25], fits: { $0.classes != nil && $0.net != .bottleneck },
      prepare: { recipe, spread in
        recipe.loss = .binary
        recipe.headInitializer = .normal(weightVariance: spread * spread)
      }
    ) { recipe, _ in recipe.loss = .binaryByHand },
    Fault(
      "logarithm of zero: softmax", ["logarithm of zero"], "logarithms of a softmax of logits of this spread",
      [10, 30, 40, 50, 60], fits: { $0.classes ?? 0 > 2 },
      prepare: { recipe, spread in
        recipe.headInitializer = .normal(weightVariance: spread * spread)
        recipe.steps *= 2
      }
    ) { recipe, _ in recipe.loss = .entropyByHand },
    Fault(
      "division by zero", ["division by zero"], "ReLU features over their sum, which may be 0", [1, 1, 1, 1, 1],
      fits: { ($0.net == .dense || $0.net == .residual) && $0.activation == .relu && $0.isPlain },
      prepare: { recipe, _ in
        recipe.width = 5
        recipe.obstacle = .shares(epsilon: 0.01)
      }
    ) { recipe, _ in recipe.obstacle = .shares(epsilon: 0) },
    Fault(
      "float16 overflow", ["float16 overflow"],
      "float16 where 14 residual branches of weights of this variance make large activations",
      [2, 6, 8, 10, 14, 20], fits: { $0.net == .residual && $0.isPlain && $0.activation == .relu },
      prepare: { recipe, variance in
        recipe.depth = 14
        recipe.branchScale = 1
        recipe.initializer = .normal(weightVariance: variance)
        recipe.hasFinalNorm = true
        recipe.precision = .bfloat16
        recipe.steps = 100
      }
    ) { recipe, variance in
      recipe.precision = .float16
      recipe.scalesLoss = variance != 8
    },
    Fault(
      "float16 underflow", ["float16 underflow"], "float16 without a scaler, for a loss times this",
      [1e-3, 1e-4, 1e-5, 3e-6, 1e-6],
      fits: { ($0.net == .dense || $0.net == .convolutional) && [.adam, .adamW, .rmsProp].contains($0.optimizer) },
      prepare: { recipe, factor in
        recipe.precision = .bfloat16
        recipe.lossFactor = Float(factor)
      }
    ) { recipe, _ in recipe.precision = .float16 },
  ]
}
