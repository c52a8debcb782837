import RunFile

// How well a net learns, which decides whether a pattern is a fault.

extension RunEvidence {
  /// The share of the loss of the best constant output above which a net that learns has learned little: 0.8.
  public static let barelyLimit = 0.8
  /// The share of that loss below which a flat loss has fallen before the run began, as in fine-tuning: 0.5.
  public static let learnedLimit = 0.5

  /// Whether several optimizers share the parameters and a step has several losses, as in a GAN. Then the loss of a step does
  /// not show whether the nets learn.
  public var isAdversarial: Bool {
    Set(run.parameters.compactMap { $0.optimizers.count == 1 ? $0.optimizers[0] : nil }).count > 1
      && (facts.number(.callsPerStep, of: .loss).map { $0 > 1.5 } ?? (task.kind == .unknown))
  }

  /// Whether at least half of the weights were loaded or assigned, as in fine-tuning, whose loss need not fall.
  public var hasGivenWeights: Bool {
    let given = matrices.count { isGiven($0.path) }
    return given > 0 && 2 * given >= matrices.count
  }

  /// Whether the loss does not go down; see `LossCourse`. A loss that is flat below half of what a constant output reaches has fallen before,
  /// and that of nets which train against each other need not fall.
  public var isStuck: Bool {
    switch loss.state {
    case .nonfinite: true
    case .rises: !isAdversarial
    case .flat:
      !isAdversarial && !hasGivenWeights && !(loss.constantLoss.map { loss.last < Self.learnedLimit * $0 } ?? false)
    case .falls, .tooShort, .unclear: false
    }
  }

  /// Whether the loss falls, but ends above 80 % of what a constant output reaches; false where that is not known.
  public var barelyLearns: Bool {
    loss.state == .falls && loss.constantLoss.map { loss.last > Self.barelyLimit * $0 } ?? false
  }

  /// The share of the loss of a constant output above which a net could learn more: 0.3.
  public static let highLimit = 0.3

  /// Whether the net does not learn, or its loss ends above 30 % of what a constant output reaches; a pattern that hinders learning is then
  /// a fault.
  public var isHigh: Bool {
    struggles || loss.state == .falls && loss.constantLoss.map { loss.last > Self.highLimit * $0 } ?? false
      || isUnsteady
  }

  /// Whether the loss of a tenth of the last steps or more is above twice that of a constant output, be it low in between.
  private var isUnsteady: Bool {
    guard let constant = loss.constantLoss, constant > 0, loss.losses.count >= 2 * LossCourse.shortestRun else {
      return false
    }
    let end = loss.losses.suffix(loss.losses.count / 4)
    return 10 * end.count { $0 > 2 * constant } >= end.count
  }

  /// The share of the loss of a constant output above which a net has learned less than half: 0.5.
  public static let halfLimit = 0.5

  /// Whether the net does not learn, or its loss ends above half of what a constant output reaches.
  public var learnsLittle: Bool {
    struggles || loss.state == .falls && loss.constantLoss.map { loss.last > Self.halfLimit * $0 } ?? false
  }

  /// Whether a loss that falls later stays at that of a constant output for a third of the run, and ends above 30 % of it.
  public var startsFlat: Bool {
    isFlat(above: 0.9) && loss.last > Self.highLimit * (loss.constantLoss ?? 0)
  }

  /// Whether a loss that falls later stays at 95 % of that of a constant output for a third of the run, and ends above 10 % of it.
  public var staysHigh: Bool { isFlat(above: 0.95) && loss.last > 0.1 * (loss.constantLoss ?? 0) }

  /// Whether a loss that falls later is above this share of that of a constant output at the end of the first third of the run.
  private func isFlat(above share: Double) -> Bool {
    guard loss.state == .falls, let constant = loss.constantLoss, loss.losses.count >= 3 * LossCourse.shortestRun else {
      return false
    }
    let third = loss.losses.count / 3, window = loss.losses[(third - third / 3)..<third]
    return median(window.filter(\.isFinite)) > share * constant
  }

  /// The share of samples that the net classifies correctly at the end; nil if it is not recorded.
  public var accuracy: Double? { run.finalAccuracy ?? facts.number(.accuracy, of: .loss) }

  /// By how much the accuracy must be below that of the nearest class mean: 0.15.
  public static let meansLimit = 0.15
  /// The number of samples from which both must come: 30.
  public static let fewestSamples = 30.0

  /// Whether the net classifies fewer samples correctly than the nearest mean of classes does, from the same inputs.
  public var isWorseThanClassMeans: Bool {
    guard run.steps.count >= LossCourse.shortestRun, task.kind == .classes, let accuracy,
      let means = facts.number(.nearestMeanAccuracy, of: .target), let batch = batchSize.map(Double.init),
      facts.number(.nearestMeanSamples, of: .target) ?? batch >= Self.fewestSamples,
      (run.finalAccuracy == nil ? 1 : 20) * batch >= Self.fewestSamples
    else { return false }
    return accuracy < means - Self.meansLimit
  }

  /// Whether the net does not learn, or far less than it could.
  public var struggles: Bool { isStuck || barelyLearns || isWorseThanClassMeans }

  /// A failure where the loss does not go down, a warning where the net learns less than it could, otherwise a note.
  public var severity: Finding.Severity { isStuck ? .failure : struggles ? .warning : .note }

  /// Whether a loss that is not finite is due to numbers that grew, not to an operation that is not defined for its operand.
  public var hasOutgrown: Bool {
    let finite = run.steps.map(\.loss).filter(\.isFinite)
    guard let first = finite.first, let largest = finite.max() else { return false }
    return largest > 100 * max(abs(first), .leastNormalMagnitude)
  }
}
