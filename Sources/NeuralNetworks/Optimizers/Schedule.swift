import Autodiff
import Foundation

/// A learning rate schedule: a factor on the optimizer's learning rate for each step t = 0, 1, 2, ….
///
///     let optimizer = SGD(model, learningRate: 0.1, momentum: 0.9)
///     optimizer.schedule = .cosine(over: 9_500).warmedUp(over: 500)
///
/// A schedule is a pure function of the step, so a training state saves only the number of steps.
public struct Schedule: Sendable, CustomStringConvertible {
  /// The schedule's name and settings. Training states save it.
  public let description: String
  private let factor: @Sendable (_ step: Int) -> Double

  /// A schedule of your own: `factor` returns the factor at a step, counted from 0. Schedules that differ need different
  /// descriptions, since restoring a training state compares them.
  public init(_ description: String, factor: @escaping @Sendable (_ step: Int) -> Double) {
    self.description = description
    self.factor = factor
  }

  /// The factor at a step, counted from 0.
  public func callAsFunction(_ step: Int) -> Double { factor(step) }

  /// The factor is always 1.
  public static let constant = Schedule("constant") { _ in 1 }

  /// Multiplied by `factor` after every `interval` steps: factor^⌊t / interval⌋, with a factor of 0.1 by default. Stops the
  /// program unless the interval is at least 1.
  ///
  /// Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012.
  public static func step(every interval: Int, factor: Double = 0.1) -> Schedule {
    guard interval >= 1 else { stop("step", "the interval is \(interval) steps; it must be at least 1") }
    return Schedule("step(every: \(interval), factor: \(factor))") { pow(factor, Double($0 / interval)) }
  }

  /// Multiplied by `factor` at every step: factorᵗ.
  ///
  /// Source: Li and Arora, "An exponential learning rate schedule for deep learning", 2019, arXiv:1910.07454.
  public static func exponential(factor: Double) -> Schedule {
    Schedule("exponential(factor: \(factor))") { pow(factor, Double($0)) }
  }

  /// Half a cosine from 1 down to `end`, 0 by default, over `steps` steps, then constant:
  /// end + ½ (1 − end) (1 + cos(π t / steps)). Stops the program unless there is at least 1 step.
  ///
  /// Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016, arXiv:1608.03983, without
  /// restarts.
  public static func cosine(over steps: Int, to end: Double = 0) -> Schedule {
    guard steps >= 1 else { stop("cosine", "the number of steps is \(steps); it must be at least 1") }
    return Schedule("cosine(over: \(steps), to: \(end))") {
      cosineBetween(1, end, Double(min($0, steps)) / Double(steps))
    }
  }

  /// Half a cosine up from 1 / `startDivisor` to 1, then half a cosine down to 1 / (`startDivisor` · `endDivisor`), then constant.
  ///
  /// The peak, the optimizer's own learning rate, is at step `riseFraction` · steps − 1, the end at step steps − 1. 0.3 of the
  /// steps and divisors 25 and 10,000 by default, as in PyTorch, but momentum is unchanged. Stops the program unless the peak
  /// lies between the first step and the last, and both divisors are above 0.
  ///
  /// Source: Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2017,
  /// arXiv:1708.07120.
  public static func oneCycle(
    over steps: Int, riseFraction: Double = 0.3, startDivisor: Double = 25, endDivisor: Double = 10_000
  ) -> Schedule {
    let peak = riseFraction * Double(steps) - 1, last = Double(steps - 1)
    guard riseFraction > 0, riseFraction < 1, peak > 0, startDivisor > 0, endDivisor > 0 else {
      stop(
        "oneCycle",
        "the rise is \(riseFraction) of \(steps) steps and the divisors are \(startDivisor) and \(endDivisor); "
          + "the rise must be more than one step and less than all, and the divisors above 0")
    }
    let start = 1 / startDivisor, end = start / endDivisor
    let settings = "riseFraction: \(riseFraction), startDivisor: \(startDivisor), endDivisor: \(endDivisor)"
    return Schedule("oneCycle(over: \(steps), \(settings))") {
      let step = min(Double($0), last)
      return step <= peak
        ? cosineBetween(start, 1, step / peak) : cosineBetween(1, end, (step - peak) / (last - peak))
    }
  }

  /// First linear warm-up to 1 over `steps` steps, (t + 1) / steps, then this schedule from its step 0. Stops the program
  /// unless there is at least 1 step.
  ///
  /// Source: Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017, arXiv:1706.02677.
  public func warmedUp(over steps: Int) -> Schedule {
    guard steps >= 1 else { stop("warmedUp", "the number of steps is \(steps); it must be at least 1") }
    return Schedule("\(description).warmedUp(over: \(steps))") {
      $0 < steps ? Double($0 + 1) / Double(steps) : self($0 - steps)
    }
  }
}

/// From `start`, at progress 0, to `end`, at progress 1, along half a cosine.
private func cosineBetween(_ start: Double, _ end: Double, _ progress: Double) -> Double {
  end + (start - end) / 2 * (1 + cos(.pi * progress))
}
