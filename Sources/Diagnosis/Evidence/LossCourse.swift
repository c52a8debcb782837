import RunFile
import Support

/// What the loss does over a run.
public struct LossCourse: Sendable {
  /// What the loss does.
  public enum State: String, Sendable {
    /// It ends clearly below where it began, and below what a constant output reaches, where that is known.
    case falls
    /// It ends where it began, or at the loss of the best constant output.
    case flat
    /// It ends above where it began.
    case rises
    /// Its last values are NaN or infinite.
    case nonfinite
    /// There are too few steps to tell, or the learning rate still rises.
    case tooShort
    /// It does not fall, but has negative values: it is no error that falls as a net learns, as those of reinforcement learning.
    case unclear
  }

  /// The losses by step.
  public let losses: [Double]
  /// The median of the first tenth of the steps.
  public let first: Double
  /// The median of the last tenth of the steps.
  public let last: Double
  /// The smallest median of a tenth of the steps.
  public let lowest: Double
  /// The standard deviation of the loss from step to step, without its trend, over the last half.
  public let noise: Double
  /// The loss of the best constant output: the entropy of the classes, or the variance of the targets; nil if it is not known.
  public let constantLoss: Double?
  /// What it does.
  public let state: State

  /// The share by which the loss must fall to count as learning: 0.05; with a fall of five standard errors 0.005.
  public static let learningLimit = 0.05, slowLimit = 0.005
  /// The number of steps that a run needs before it is judged whether it learns: 20.
  public static let shortestRun = 20

  /// The course of these losses. `isExact` is whether `constantLoss` is that of all batches, not an estimate from some of them, and
  /// `isWarmingUp` whether the learning rate still rises.
  public init(
    _ losses: [Double], constantLoss: Double? = nil, isExact: Bool = false, isWarmingUp: Bool = false
  ) {
    self.losses = losses
    self.constantLoss = constantLoss
    let window = max(1, losses.count / 10)
    first = median(losses.prefix(window).filter(\.isFinite))
    let end = losses.suffix(window)
    last = end.allSatisfy(\.isFinite) ? median(Array(end)) : .nan
    let tenths = stride(from: 0, to: losses.count, by: window).map { start in
      median(losses[start..<min(start + window, losses.count)].filter(\.isFinite))
    }
    lowest = tenths.filter { !$0.isNaN }.min() ?? .nan
    let half = Array(losses.suffix(losses.count / 2).filter(\.isFinite))
    // Differences of neighbours have twice the variance.
    let differences = zip(half, half.dropFirst()).map { $1 - $0 }
    noise =
      differences.isEmpty
      ? 0 : (differences.reduce(0) { $0 + $1 * $1 } / Double(2 * differences.count)).squareRoot()
    guard !losses.isEmpty, last.isFinite else {
      state = losses.isEmpty ? .tooShort : .nonfinite
      return
    }
    // From a start that is worse than a constant output, reaching that is no learning.
    let reference = min(constantLoss ?? .infinity, first), fall = reference - last
    // Of a median, whose variance is π / 2 that of a mean; the loss of a constant output is known without error.
    let error = noise * ((constantLoss ?? .infinity < first ? 1 : 2) * .pi / 2 / Double(window)).squareRoot()
    // A net that is better than a constant output has learned, be it in its first steps. Over a quarter of the run the mean shows less than
    // the median over a tenth does.
    let quarter = losses.suffix(losses.count / 4).filter(\.isFinite)
    let mean = quarter.reduce(0, +) / Double(max(quarter.count, 1))
    let isBelowConstant =
      isExact && !quarter.isEmpty
      && (constantLoss ?? -.infinity) - mean
        > max(5 * noise / Double(quarter.count).squareRoot(), Self.slowLimit * abs(constantLoss ?? 0))
    let falls =
      fall > Self.learningLimit * abs(reference) || fall > max(5 * error, Self.slowLimit * abs(reference))
      || isBelowConstant
    if losses.count < Self.shortestRun {
      // A loss that grows beyond all noise needs no more steps to be judged.
      state = losses.count > 3 && last > 100 * max(abs(first), .leastNormalMagnitude) ? .rises : .tooShort
    } else if falls {
      state = .falls
    } else if isWarmingUp {
      state = .tooShort
    } else if constantLoss == nil, losses.contains(where: { $0 < 0 }) {
      state = .unclear
    } else {
      state = last > first + max(0.5 * abs(first), 3 * noise) ? .rises : .flat
    }
  }

  /// Whether it still falls at the end: the mean of the last quarter is below that of the second by four standard errors or more.
  public var stillFalls: Bool {
    let size = losses.count / 4
    guard size >= 5 else { return false }
    func mean(_ part: ArraySlice<Double>) -> Double { part.reduce(0, +) / Double(part.count) }
    let fall = mean(losses.suffix(3 * size).prefix(size)) - mean(losses.suffix(size))
    return fall > 4 * noise * (2 / Double(size)).squareRoot()
  }

  /// Whether the loss fails to fall: it is flat, rises or is not finite.
  public var isStuck: Bool { state == .flat || state == .rises || state == .nonfinite }
  /// Whether the last losses are within 3 % of what the best constant output reaches; false if that is not known.
  public var isAtConstant: Bool { constantLoss.map { abs(last - $0) < 0.03 * abs($0) } ?? false }
}

/// The middle of the values; NaN if there are none.
func median(_ values: [Double]) -> Double { values.isEmpty ? .nan : quantile(0.5, ofSorted: values.sorted()) }
