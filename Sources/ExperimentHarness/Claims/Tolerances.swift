import Foundation

/// n times the variance that one ReLU layer of width n adds to the logarithm of a squared gradient.
public let varianceOfReLU = 5.0

/// The same for a layer x + f(x) whose ReLU branch f has `branch` times the mean square of x.
///
/// The squared gradient is multiplied by 1 + b + 2 √b c + b d, where c has the variance 1/n and d has 5/n.
public func varianceOfResidual(branch: Double) -> Double { (4 * branch + 5 * branch * branch) / pow(1 + branch, 2) }

extension Settings {
  /// The relative tolerance of a gradient factor per layer at this width and depth. `variance` is n times the variance that one
  /// layer adds to the logarithm of the squared gradient. Stops the program if `width` or `depth` is not declared.
  ///
  /// Theory describes infinitely wide nets. At width n the logarithm of the squared gradient drifts by v/(2n) per layer and gets a
  /// normal random increment of variance v/n, where v is 5 for ReLU; the logarithm of the gradient gets half the drift and a quarter
  /// of the variance. A slope fitted over L layers then has the variance 6/5 · v/(4 n L). The tolerance is the drift and three
  /// standard deviations.
  ///
  /// Source: Hanin and Rolnick, "How to start training", 2018, arXiv:1803.01719.
  public func factorTolerance(variance: Double = varianceOfReLU) -> Double {
    let width = Double(width), layers = Double(max(depth - 4, 1)), ofGradient = variance / 4
    return ofGradient / width + 3 * (1.2 * ofGradient / (width * layers)).squareRoot()
  }

  /// By how much a final loss must differ from a number to differ clearly. Stops the program if `batch` is not declared.
  ///
  /// The final loss is a mean over twenty batches of n images, whose losses have a standard deviation of about 1, so its standard
  /// error is 1/√(20 n). The tolerance is three standard errors.
  public var lossTolerance: Double { 3 / (20 * Double(batch)).squareRoot() }

  /// A margin for the difference of two final losses: three standard errors of it, if the nets were trained on different batches.
  /// Nets that see the same batches differ by chance less than this, so a larger difference is a clear one, but a smaller one may
  /// be real too: say “within the margin”, not “the same”. Stops the program if `batch` is not declared.
  public var differenceTolerance: Double { 2.0.squareRoot() * lossTolerance }

  /// The final loss below which a net counts as one that has learned: clearly below ln 10, the loss of guessing. Stops the
  /// program if `batch` is not declared.
  public var learnedLoss: Double { log(10) - lossTolerance }
}
