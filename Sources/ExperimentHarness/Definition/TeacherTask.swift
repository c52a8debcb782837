import Rheoscope

/// A small regression whose best loss is known to be 0: a net with one hidden layer learns the outputs of a teacher net.
///
/// The teacher has five hidden GELU units without biases, whose weights are orthogonal, and output weights 1, −1, 1, −1, 1. Inputs
/// [samples, 5] are standard normal. Targets [samples, 1] have mean 0 and variance 1 over the samples, so a net that always answers with
/// the mean has a loss of 1. GELU has second derivatives everywhere, so the loss has a Hessian.
///
/// Source: Safran and Shamir, "Spurious local minima are common in two-layer ReLU neural networks", 2018, arXiv:1712.08968, with ReLU.
public struct TeacherTask {
  /// The number of the teacher's hidden units.
  public static let teacherUnits = 5
  /// The number of input features.
  public static let features = 5
  /// A net with a loss above this, 1 % of the loss of guessing, has not found the teacher.
  public static let solvedLoss = 0.01

  private let inputs, targets: Tensor

  /// The task of a seed, which determines the teacher and the inputs. 256 samples by default.
  public init(seed: UInt64, samples: Int = 256) {
    var random = RandomStream(seed: seed, name: "inputs")
    let values = (0..<samples * Self.features).map { _ in Float(random.normalPair().0) }
    inputs = Tensor(values, shape: [samples, Self.features])
    let hidden = Linear(Self.features, Self.teacherUnits, bias: false, initializer: .orthogonal(gain: 1))
    hidden.initialize(seed: seed)
    let signs = Tensor((0..<Self.teacherUnits).map { $0 % 2 == 0 ? 1 : -1 }, shape: [Self.teacherUnits, 1])
    let outputs = matmul(gelu(hidden(inputs)), signs).detached(), centered = outputs - outputs.mean()
    targets = centered / centered.rms
  }

  /// A net with one hidden layer of `width` GELU units and LeCun initialization, from [n, 5] to [n, 1], not yet initialized.
  public static func net(width: Int) -> Module {
    Sequential(
      Linear(features, width, initializer: .leCunNormal), GELU(), Linear(width, 1, initializer: .leCunNormal))
  }

  /// The mean squared error of a net over all samples, a scalar on the tape.
  public func loss(of model: Module) -> Tensor { meanSquaredError(model(inputs), targets) }

  /// Trains a net by Adam on all samples at each step, for the steps and from the learning rate of the settings, which falls to 0 along a
  /// cosine. Parameters whose paths match a pattern of `frozen` are not trained. `beforeStep` is called before each step with its number,
  /// from 0. Throws a `HookError` where a pattern matches nothing. Stops the program if the settings lack `steps` or `learning-rate`.
  public func train(
    _ model: Module, _ settings: Settings, frozen: [String] = [], beforeStep: (Int) -> Void = { _ in }
  ) throws {
    let optimizer = Adam(model, learningRate: Float(settings.learningRate))
    optimizer.schedule = .cosine(over: settings.steps)
    for pattern in frozen { try optimizer.group(pattern, isFrozen: true) }
    for step in 0..<settings.steps {
      beforeStep(step)
      loss(of: model).backward()
      optimizer.step()
    }
  }
}
