import Rheoscope

extension Fault {
  /// Faults of the training loop, the optimizer and the loss.
  static let setupFaults = [
    Fault(
      "optimizer never steps", ["optimizer does not step"], "step() is not called", outcome: .learning,
      [1, 1, 1, 1, 1, 1]
    ) { recipe, _ in recipe.takesSteps = false },
    Fault(
      "learning rate zero", ["learning rate zero"], "a learning rate of 0, or a schedule of 0", outcome: .learning,
      [0, 1, 0, 1, 0, 1]
    ) { recipe, kind in
      if kind == 0 { recipe.learningRate = 0 } else { recipe.schedule = Schedule("zero") { _ in 0 } }
    },
    Fault(
      "parameters in no optimizer", ["parameters in no optimizer"],
      "the optimizer holds the last layer alone, all but the first, or the hidden ones alone", outcome: .learning,
      [0, 1, 0, 2, 0, 1],
      fits: { $0.hasPlainHiddenLayers },
      sites: { net in [net.path(of: net.hidden[0]), net.path(of: net.head)] }
    ) { recipe, kind in recipe.held = kind == 0 ? .headOnly : kind == 1 ? .allButFirst : .hiddenOnly },
    Fault(
      "frozen at random", ["frozen parameters"], "the first hidden layers are frozen at initial values",
      outcome: .learning,
      [1, 2, 9, 1, 2, 9], fits: { !$0.net.isSequential && $0.depth >= 2 },
      sites: { net in [net.path(of: net.hidden[0])] }
    ) { recipe, count in recipe.frozenLayers = Int(count) },
    Fault(
      "no gradient", ["parameters without gradient"],
      "a detached tensor in the middle, or the first half without gradients",
      outcome: .learning, [0, 1, 0, 1, 0, 1],
      sites: { net in net.hidden.map { net.path(of: $0) } + ["0"] }
    ) { recipe, kind in recipe.obstacle = kind == 0 ? .detached : .withoutGradients },
    Fault(
      "slope of exactly 0", ["zero gradient", "vanishing gradient"], "the sign of features in the middle",
      outcome: .learning, [1, 1, 1, 1],
      fits: { !$0.net.isConvolutional },
      // Decoupled weight decay would move weights without a gradient.
      prepare: { recipe, _ in recipe.weightDecay = 0 }, sites: { net in net.hidden.map { net.path(of: $0) } + ["0"] }
    ) { recipe, _ in recipe.obstacle = .sign },
    Fault(
      "gradients not cleared", ["gradients not cleared"],
      "a second loss of this weight leaves its gradients in the features", [0.5, 5, 20, 50, 100, 300],
      fits: { $0.net == .dense && $0.isPlain },
      prepare: { $0.procedure = .auxiliary(weight: Float($1), isDetached: true) },
      sites: { _ in ["features", "head"] }
    ) { $0.procedure = .auxiliary(weight: Float($1), isDetached: false) },
    Fault(
      "softmax twice", ["softmax applied twice"], "a softmax before cross-entropy", [1, 1, 1, 1, 1, 1, 1],
      fits: { $0.classes ?? 0 > 2 }, sites: { net in [net.path(of: net.ending)] }
    ) { recipe, _ in recipe.ending = .softmax },
    Fault(
      "softmax over one value", ["softmax over one value"], "a softmax on a single output", [1, 1, 1, 1, 1],
      fits: { $0.classes != nil }, prepare: { recipe, _ in recipe.loss = .binary },
      sites: { net in [net.path(of: net.ending)] }
    ) { recipe, _ in recipe.ending = .softmax },
    Fault(
      "bounded logits", ["sigmoid for several classes"], "a sigmoid or tanh before cross-entropy", [0, 1, 0, 1, 0, 1],
      fits: { $0.classes ?? 0 > 2 }, sites: { net in [net.path(of: net.ending)] }
    ) { recipe, kind in recipe.ending = kind == 0 ? .sigmoid : .tanh },
    Fault(
      "outputs cannot reach targets", ["outputs cannot reach targets"],
      "a ReLU, sigmoid or tanh at the end of a regression",
      [0, 1, 2, 0, 1, 2, 0, 1], fits: { $0.classes == nil }, sites: { net in [net.path(of: net.ending)] }
    ) { recipe, kind in recipe.ending = kind == 0 ? .relu : kind == 1 ? .sigmoid : .tanh },
    Fault(
      "sign of the loss", ["negative loss", "loss diverges"], "the negative loss is minimized", [1, 1, 1, 1],
      fits: { $0.classes != nil }
    ) { recipe, _ in recipe.loss = .negative },
    Fault(
      "missing activation", ["missing activation"], "no activation between linear layers", [1, 1, 1, 1, 1, 1],
      fits: {
        // Data that a linear map does not fit.
        [.circles, .spirals, .teacher, .waves, .board, .ridges].contains($0.data) && $0.net == .dense && $0.depth >= 2
          && !$0.hasBatchNorm
          && !$0.hasLayerNorm
      },
      sites: { net in [net.path(of: net.hidden[0])] }
    ) { recipe, _ in recipe.dropsActivations = true },
    Fault(
      "batch norm in evaluation", ["batch norm in evaluation"],
      "train() is not called after evaluate(), with hidden weights of this variance over inputs",
      [1, 0.1, 0.02, 0.01, 0.003, 0.001],
      fits: { ($0.net == .dense || $0.net.isConvolutional) && !$0.hasLayerNorm },
      prepare: { recipe, variance in
        recipe.hasBatchNorm = true
        recipe.initializer = .normal(weightVariance: variance)
        recipe.depth = max(recipe.depth, 4)
      },
      sites: { net in net.norms.map { net.path(of: $0) } }
    ) { recipe, _ in recipe.evaluationMode = true },
    Fault(
      "batch norm with tiny batches", ["batch norm with small batches"], "batches of this size", outcome: .validation,
      [8, 4, 3, 2, 2, 1], fits: { $0.net == .dense && !$0.hasLayerNorm && $0.depth >= 2 && !$0.isTokens },
      prepare: { recipe, _ in
        recipe.hasBatchNorm = true; recipe.evaluations = 4
      },
      sites: { net in net.norms.map { net.path(of: $0) } }
    ) { recipe, size in recipe.batch = Int(size) },
  ]
}

extension Recipe {
  /// The number of classes; nil for regression.
  var classes: Int? { BenchmarkData.named(data).classes }
  var isTokens: Bool { if case .tokens = BenchmarkData.named(data).layout { true } else { false } }
  /// No norms, and inputs that are no sequence.
  var isPlain: Bool {
    !hasBatchNorm && !hasLayerNorm
      && [.vector, .image(14, 14), .image(12, 12), .image(10, 10)].contains(BenchmarkData.named(data).layout)
  }
  /// Whether the hidden layers and the head hold all parameters.
  var hasPlainHiddenLayers: Bool {
    isPlain && [.dense, .residual, .convolutional, .convolutionalResidual].contains(net) && depth >= 2
  }
}
