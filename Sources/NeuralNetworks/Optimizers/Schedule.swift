import Autodiff
import Foundation

/// How a learning rate changes from step to step: a factor on the optimizer's learning rate for each step t = 0, 1, 2, ….
///
///     let optimizer = SGD(model, learningRate: 0.1, momentum: 0.9)
///     optimizer.schedule = .cosine(over: 9_500).warmedUp(over: 500)
///
/// A schedule is a pure function of the step, so all there is to save of it is how many steps have been taken.
public struct Schedule: Sendable, CustomStringConvertible {
  /// What the schedule is, with its settings.
  public let description: String
  private let factor: @Sendable (_ step: Int) -> Double

  /// A schedule of one's own: `factor` tells the factor at a step, counted from 0. Two with one description should be one.
  public init(_ description: String, factor: @escaping @Sendable (_ step: Int) -> Double) {
    self.description = description
    self.factor = factor
  }

  /// The factor at a step, counted from 0.
  public func callAsFunction(_ step: Int) -> Double { factor(step) }

  /// The factor is always 1.
  public static let constant = Schedule("constant") { _ in 1 }

  /// Smaller by `factor` after every `interval` steps: factor^⌊t / interval⌋, with a factor of 0.1 by default.
  ///
  /// Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012.
  public static func step(every interval: Int, factor: Double = 0.1) -> Schedule {
    guard interval >= 1 else { stop("step", "an interval of \(interval) steps, it is at least 1") }
    return Schedule("step(every: \(interval), factor: \(factor))") { pow(factor, Double($0 / interval)) }
  }

  /// Smaller by `factor` at every step: factorᵗ.
  ///
  /// Source: Li and Arora, "An exponential learning rate schedule for deep learning", 2019, arXiv:1910.07454.
  public static func exponential(factor: Double) -> Schedule {
    Schedule("exponential(factor: \(factor))") { pow(factor, Double($0)) }
  }

  /// Half a cosine from 1 down to `end`, 0 by default, over `steps` steps, then at `end`:
  /// end + ½ (1 − end) (1 + cos(π t / steps)).
  ///
  /// Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016, arXiv:1608.03983, without
  /// restarts.
  public static func cosine(over steps: Int, to end: Double = 0) -> Schedule {
    guard steps >= 1 else { stop("cosine", "over \(steps) steps, at least 1 is needed") }
    return Schedule("cosine(over: \(steps), to: \(end))") {
      cosineBetween(1, end, Double(min($0, steps)) / Double(steps))
    }
  }

  /// Up along half a cosine from 1 / `startDivisor` to 1, and down along another to 1 / (`startDivisor` · `endDivisor`). The
  /// peak, the optimizer's own learning rate, is at step `riseFraction` · steps − 1, the end at step steps − 1, and after it
  /// the rate stays. 0.3 of the steps, divisors 25 and 10,000 by default, as in PyTorch. Momentum is left alone.
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
        "\(riseFraction) of \(steps) steps to rise and divisors of \(startDivisor) and \(endDivisor); "
          + "more than one step and less than all are needed, and divisors above 0")
    }
    let start = 1 / startDivisor, end = start / endDivisor
    let settings = "riseFraction: \(riseFraction), startDivisor: \(startDivisor), endDivisor: \(endDivisor)"
    return Schedule("oneCycle(over: \(steps), \(settings))") {
      let step = min(Double($0), last)
      return step <= peak
        ? cosineBetween(start, 1, step / peak) : cosineBetween(1, end, (step - peak) / (last - peak))
    }
  }

  /// First a straight line up to 1 over `steps` steps, (t + 1) / steps, then this schedule from its beginning.
  ///
  /// Source: Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017, arXiv:1706.02677.
  public func warmedUp(over steps: Int) -> Schedule {
    guard steps >= 1 else { stop("warmedUp", "over \(steps) steps, at least 1 is needed") }
    return Schedule("\(description).warmedUp(over: \(steps))") {
      $0 < steps ? Double($0 + 1) / Double(steps) : self($0 - steps)
    }
  }
}

/// From `start`, at progress 0, to `end`, at progress 1, along half a cosine.
private func cosineBetween(_ start: Double, _ end: Double, _ progress: Double) -> Double {
  end + (start - end) / 2 * (1 + cos(.pi * progress))
}
