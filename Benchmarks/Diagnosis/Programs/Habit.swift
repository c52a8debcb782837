import Rheoscope

/// Something unusual about a training that is no fault.
struct Habit: Sendable {
  let name: String
  let fits: @Sendable (Recipe) -> Bool
  let change: @Sendable (inout Recipe) -> Void

  init(
    _ name: String, fits: @escaping @Sendable (Recipe) -> Bool = { _ in true },
    _ change: @escaping @Sendable (inout Recipe) -> Void
  ) {
    (self.name, self.fits, self.change) = (name, fits, change)
  }

  /// The programs of all habits.
  static func programs(_ half: Half, perHabit: Int) -> [Program] {
    let bases = Base.all(half)
    return all.flatMap { habit -> [Program] in
      var random = RandomStream(seed: 3 + half.seed, name: habit.name)
      var fitting = bases.filter(habit.fits)
      for last in stride(from: fitting.count - 1, to: 0, by: -1) {
        fitting.swapAt(last, Int(random.uniform() * Double(last + 1)))
      }
      return Program.spread(fitting).prefix(perHabit).map { base in
        var recipe = base
        habit.change(&recipe)
        recipe.tags.append(habit.name)
        return Program(recipe: recipe, habit: habit.name)
      }
    }
  }

  static let all = [
    Habit("a third of the learning rate") { $0.learningRate /= 3 },
    Habit("batches of 4", fits: { !$0.hasBatchNorm }) { recipe in
      recipe.batch = 4
      recipe.learningRate /= 3
      recipe.steps *= 2
    },
    Habit("three quarters of the labels are random", fits: { !$0.net.isSequential }) { recipe in
      recipe.shuffledShare = 0.75
      recipe.steps *= 2
    },
    Habit("half of the labels are random") { $0.shuffledShare = 0.5 },
    Habit("trained before, first layers frozen", fits: { !$0.net.isSequential && $0.depth >= 2 && !$0.isTokens }) {
      recipe in
      recipe.pretraining = 200
      recipe.frozenLayers = recipe.depth
      recipe.learningRate /= 3
    },
    Habit("trained before, a tenth of the learning rate") { recipe in
      recipe.pretraining = 300
      recipe.learningRate /= 10
    },
    Habit(
      "flat start: three layers of sigmoids",
      fits: { $0.net == .dense && $0.isPlain && [.adam, .adamW, .rmsProp].contains($0.optimizer) }
    ) { recipe in
      recipe.activation = .sigmoid
      recipe.depth = 3
      recipe.steps *= 2
    },
    Habit("warm-up over a third of the steps") { recipe in
      recipe.schedule = Schedule.constant.warmedUp(over: recipe.steps / 3)
    },
    Habit("cosine down to 0") { recipe in recipe.schedule = .cosine(over: recipe.steps) },
    Habit("sparse embeddings", fits: \.isTokens) { recipe in
      recipe.vocabularyFactor = 200
    },
    Habit("100 residual layers", fits: { $0.net == .residual && $0.isPlain }) { recipe in
      recipe.depth = 100
      recipe.width = 12
      recipe.steps = 80
    },
    Habit(
      "50 residual layers that begin as the identity",
      fits: { ($0.net == .residual || $0.net == .bottleneck) && $0.isPlain }
    ) { recipe in
      recipe.depth = 50
      recipe.width = 12
      recipe.branchScale = 0
      recipe.learnsBranchScale = true
      recipe.steps = 100
    },
    Habit("a GAN", fits: { $0.net == .dense }) { recipe in
      recipe.procedure = .adversarial
      recipe.steps = 300
    },
    Habit("the head begins at 0") { $0.headInitializer = .zeros },
    Habit("PyTorch's initializer", fits: { $0.net == .dense || $0.net == .convolutional }) {
      $0.initializer = .pyTorchDefault
    },
    Habit("decoupled weight decay of 0.1", fits: { $0.optimizer == .adamW }) { $0.weightDecay = 0.1 },
    Habit("weight decay of 0.0005", fits: { $0.optimizer == .sgd || $0.optimizer == .momentum }) {
      $0.weightDecay = 0.0005
    },
    Habit("clipping to 1") { $0.clip = 1 },
    Habit("dropout", fits: { !$0.hasBatchNorm }) { $0.dropout = 0.3 },
    Habit("bfloat16") { $0.precision = .bfloat16 },
    Habit("float16 with a scaler", fits: { !$0.net.isSequential }) { recipe in
      recipe.precision = .float16
      recipe.scalesLoss = true
    },
    Habit("batch norm, batches of 16", fits: { ($0.net == .dense || $0.net.isConvolutional) && !$0.hasLayerNorm }) {
      recipe in
      recipe.hasBatchNorm = true
      recipe.batch = 16
      recipe.evaluations = 4
    },
    Habit("class 0 has 60 %", fits: { $0.classes != nil }) { $0.majority = 0.6 },
    Habit("inputs times 3", fits: { !$0.isTokens }) { $0.inputScale = 3 },
    Habit("targets times 4", fits: { $0.classes == nil }) { $0.targetScale = 4 },
    Habit("two batches per step") { $0.accumulation = 2 },
    Habit("an optimizer for the head", fits: { $0.hasPlainHiddenLayers && !$0.hasBatchNorm }) {
      $0.hasTwoOptimizers = true
    },
    Habit("30 steps") { $0.steps = 30 },
    Habit("evaluated often") { $0.evaluations = 8 },
    Habit("1000 samples, evaluated", fits: { $0.classes == nil }) { recipe in
      recipe.sampleLimit = 1000
      recipe.evaluations = 6
    },
    Habit("twice the learning rate") { $0.learningRate *= 2 },
    Habit("one logit for two classes", fits: { $0.classes != nil }) { $0.loss = .binary },
    Habit("ReLU before positive targets", fits: { $0.classes == nil }) { recipe in
      recipe.targetOffset = 4
      recipe.ending = .relu
    },
    Habit("a second loss, detached", fits: { $0.net == .dense && $0.isPlain }) {
      $0.procedure = .auxiliary(weight: 1, isDetached: true)
    },
    Habit("distances of pairs", fits: { $0.net == .dense && $0.classes ?? 0 > 2 }) {
      $0.procedure = .pairs(epsilon: 1e-6)
    },
    Habit(
      "a linear net",
      fits: { $0.net == .dense && $0.data == .teacher || $0.data == .blobs || $0.data == .teacherClasses }
    ) { recipe in
      recipe.net = .dense
      recipe.depth = 1
      recipe.width = 32
      recipe.hasBatchNorm = false
      recipe.dropsActivations = true
    },
  ]
}
