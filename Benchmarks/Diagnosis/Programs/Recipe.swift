import Rheoscope

/// The family of a net.
enum NetKind: String, Sendable, CaseIterable {
  // Of the development half.
  /// Linear layers with an activation after each.
  case dense
  /// Residual branches of an activation and a linear layer.
  case residual
  /// Convolutions with pooling.
  case convolutional
  /// A cell with one activation, step by step.
  case recurrent
  /// Long short-term memory over time; of both halves.
  case lstm
  /// Attention with the norm before each branch.
  case transformer
  // Of the test half.
  /// Residual branches of a norm, two linear layers and an activation.
  case bottleneck
  /// Residual branches of convolutions.
  case convolutionalResidual = "convolutional-residual"
  /// A gated recurrent unit over time.
  case gru
  /// Attention with the norm after each branch.
  case postNormTransformer = "post-norm-transformer"

  var isSequential: Bool { isRecurrent || self == .transformer || self == .postNormTransformer }
  var isRecurrent: Bool { [.recurrent, .lstm, .gru].contains(self) }
  var isConvolutional: Bool { self == .convolutional || self == .convolutionalResidual }
}

enum ActivationKind: String, Sendable {
  case relu, leakyReLU = "leaky-relu", gelu, silu, tanh, sigmoid

  var module: Module {
    switch self {
    case .relu: ReLU()
    case .leakyReLU: LeakyReLU(slope: 0.1)
    case .gelu: GELU()
    case .silu: SiLU()
    case .tanh: Tanh()
    case .sigmoid: Sigmoid()
    }
  }

  /// The initializer of hidden layers that keeps the size of activations.
  var initializer: Initializer { self == .tanh || self == .sigmoid ? .xavierNormal : .heNormal }
}

enum OptimizerKind: String, Sendable {
  case sgd, momentum, adam, adamW = "adamw", rmsProp = "rmsprop", nesterov, adagrad
}

/// What follows the last layer.
enum Ending: Sendable { case nothing, softmax, sigmoid, tanh, relu }

/// What stands between the features and the head, or in the middle of a sequential net.
enum Obstacle: Sendable {
  /// Nothing.
  case nothing
  /// A detached tensor.
  case detached
  /// The first half is called without gradients.
  case withoutGradients
  /// The sign of each value, whose slope is 0.
  case sign
  /// tanh of each value.
  case tanh
  /// Each value over the sum of its row, with or without a small number added.
  case shares(epsilon: Float)
}

enum LossKind: Sendable {
  /// `crossEntropy` or `meanSquaredError`, as the data asks.
  case usual
  /// `binaryCrossEntropy` of one logit; the target is 1 for odd classes.
  case binary
  /// The same with sigmoid and logarithm by hand.
  case binaryByHand
  /// Cross-entropy with softmax and logarithm by hand.
  case entropyByHand
  /// Plus the sum of the norms of hidden biases, with this number under the root.
  case biasPenalty(epsilon: Float)
  /// Minus the usual loss.
  case negative
}

/// How the steps are made.
enum Procedure: Sendable {
  case supervised
  /// A generator and a discriminator on eight Gaussians.
  case adversarial
  /// Distances of pairs of samples, with a number added under the root.
  case pairs(epsilon: Float)
  /// A second optimizer trains a second head of the features; its loss reaches the features unless they are detached.
  case auxiliary(weight: Float, isDetached: Bool)
}

/// What the optimizer holds.
enum Held: Sendable { case everything, headOnly, hiddenOnly, allButFirst }

/// A training as data: everything that a program varies.
struct Recipe: Sendable {
  // The base.
  var data: DataName
  var net: NetKind
  var width: Int
  /// The number of hidden layers or blocks; for recurrent nets 1.
  var depth: Int
  var activation = ActivationKind.relu
  var hasBatchNorm = false, hasLayerNorm = false
  var optimizer: OptimizerKind
  var learningRate: Float
  var batch = 32
  var steps = 200

  // What faults and habits change.
  var initializer: Initializer?
  /// Initializers of single hidden layers, by index.
  var layerInitializers: [Int: Initializer] = [:]
  var headInitializer: Initializer?
  /// Of the recurrent weights.
  var stateInitializer: Initializer?
  /// The first bias of an LSTM's forget gates.
  var forgetBias: Float = 1
  /// The factor of residual branches; nil is 1/√depth.
  var branchScale: Float?
  var learnsBranchScale = false
  /// The bias of a hidden layer, by index.
  var biases: [Int: Float] = [:]
  var dropsActivations = false
  var hasFinalNorm = false
  var dropout: Float = 0
  var ending = Ending.nothing
  var obstacle = Obstacle.nothing
  var loss = LossKind.usual
  var procedure = Procedure.supervised
  var momentum: Float = 0.9
  var weightDecay: Float = 0
  var schedule: Schedule?
  var clip: Double?
  var takesSteps = true
  var held = Held.everything
  /// The number of first hidden layers that are frozen.
  var frozenLayers = 0
  /// The number of steps of training before, whose weights are loaded from a file.
  var pretraining = 0
  var precision: Precision?
  var scalesLoss = false
  var lossFactor: Float = 1
  var evaluationMode = false
  /// The number of evaluations on the validation samples; 0 for none.
  var evaluations = 0

  var inputScale: Float = 1, inputOffset: Float = 0
  var targetScale: Float = 1, targetOffset: Float = 0
  /// The first samples only.
  var sampleLimit: Int?
  /// The share of labels or targets that are drawn from other samples.
  var shuffledShare = 0.0
  var hasConstantTargets = false
  /// The share of class 0.
  var majority: Double?
  var isSorted = false
  /// The share of samples with a NaN in their input.
  var nanShare = 0.0
  /// Whether NaN stands in targets instead.
  var hasNaNTargets = false
  /// Spaces out token indices over a larger vocabulary.
  var vocabularyFactor = 1
  /// Gradients of this many batches are summed per step.
  var accumulation = 1
  /// Classes count by 1 / frequency in the loss.
  var weighsClasses = false
  /// The first optimizer's gradients are cleared before the backward pass of its loss.
  var clearsGradients = false
  /// The optimizer of the head is another one.
  var hasTwoOptimizers = false

  /// What distinguishes it from other recipes of the same base and fault.
  var tags: [String] = []

  /// The base in words.
  var name: String {
    let norm = hasBatchNorm ? " batch-norm" : hasLayerNorm ? " layer-norm" : ""
    return
      (["\(data) \(net.rawValue) \(width)×\(depth) \(activation.rawValue)\(norm) \(optimizer.rawValue) batch \(batch)"]
      + tags).joined(separator: ", ")
  }
}
