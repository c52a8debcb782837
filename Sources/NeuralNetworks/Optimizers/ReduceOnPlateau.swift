import Autodiff

/// Lowers an optimizer's learning rate where a measure, such as the validation loss, no longer falls.
///
/// A measure is better if it is below (1 − threshold) times the best so far, or that minus its threshold where it is negative. After more than
/// `patience` reports in a row that are not better, the learning rate is multiplied by `factor`, and the count begins anew. Report at regular
/// intervals, once per epoch for example:
///
///     let plateau = ReduceOnPlateau(optimizer, patience: 3)
///     …
///     plateau.report(validationLoss)
///
/// The optimizer's `schedule`, if it has one, multiplies the lowered rate. Source: PyTorch's `ReduceLROnPlateau`, whose defaults these are.
public final class ReduceOnPlateau {
  private let optimizer: Optimizer
  private let factor: Float, threshold: Double, minimum: Float, smallestStep: Float
  private let patience: Int, cooldown: Int
  /// Where it stands, to be saved with the training and given to `init` again.
  public private(set) var state: State

  /// What was reported so far.
  public struct State: Codable, Equatable, Sendable {
    /// The best measure so far.
    public internal(set) var best: Double?
    /// The number of reports in a row that were not better.
    public internal(set) var badReports = 0
    /// The number of reports that are not counted after the rate was lowered.
    public internal(set) var cooldownLeft = 0

    /// Nothing was reported.
    public init() {}
  }

  /// Lowers the learning rate of `optimizer` by the factor 0.1 after 10 reports without an improvement of 10⁻⁴, by default. After that,
  /// `cooldown` reports, none by default, are not counted. The rate does not fall below `minimum`, 0 by default, and is not lowered by
  /// `smallestStep` or less, 10⁻⁸ by default, which is PyTorch's `eps`.
  ///
  /// Stops the program unless the factor is above 0 and below 1, and the other numbers are 0 or more.
  public init(
    _ optimizer: Optimizer, factor: Float = 0.1, patience: Int = 10, threshold: Double = 1e-4, cooldown: Int = 0,
    minimum: Float = 0, smallestStep: Float = 1e-8, from state: State = State()
  ) {
    guard factor > 0, factor < 1 else {
      stop("ReduceOnPlateau", "the factor is \(factor); it must be above 0 and below 1")
    }
    guard patience >= 0, threshold >= 0, cooldown >= 0, minimum >= 0, smallestStep >= 0 else {
      stop(
        "ReduceOnPlateau",
        "patience \(patience), threshold \(threshold), cooldown \(cooldown), minimum \(minimum) and smallest step \(smallestStep) must be 0 or more"
      )
    }
    (self.optimizer, self.factor, self.patience, self.threshold) = (optimizer, factor, patience, threshold)
    (self.cooldown, self.minimum, self.smallestStep, self.state) = (cooldown, minimum, smallestStep, state)
  }

  /// Takes a measure that is better if it is lower; NaN is never better. Returns whether the learning rate was lowered.
  @discardableResult
  public func report(_ measure: Double) -> Bool {
    // Infinity minus its share would be NaN.
    if state.best.map({ measure < ($0.isFinite ? $0 - threshold * abs($0) : $0) }) ?? !measure.isNaN {
      state.best = measure
      state.badReports = 0
    } else {
      state.badReports += 1
    }
    if state.cooldownLeft > 0 {
      state.cooldownLeft -= 1
      state.badReports = 0
    }
    guard state.badReports > patience else { return false }
    state.badReports = 0
    state.cooldownLeft = cooldown
    // A schedule multiplies a rate of its own.
    let isScheduled = optimizer.schedule != nil
    let rate = isScheduled ? optimizer.scheduledRate : optimizer.learningRate
    let lower = max(rate * factor, minimum)
    guard rate - lower > smallestStep else { return false }
    if isScheduled { optimizer.scheduledRate = lower } else { optimizer.learningRate = lower }
    return true
  }
}
