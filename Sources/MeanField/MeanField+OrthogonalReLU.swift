import Foundation

extension MeanField {
  /// The mean and the variance of the logarithm of the factor by which one layer x → W relu(x) of `width` units multiplies a squared
  /// gradient, where W is an orthogonal matrix times √2. The factor is 1 on average, but its logarithm is below 0 at finite width.
  /// The width is 1 or more.
  ///
  /// Of n units k are active, each with probability ½; that none is active is left out. A random unit vector has a share of its
  /// square in k of n units whose logarithm has the mean ψ(k/2) − ψ(n/2) and the variance ψ′(k/2) − ψ′(n/2), since the share has a
  /// beta distribution. It is multiplied by 2.
  ///
  /// Source: by the argument of Hanin and Rolnick, "How to start training", 2018, arXiv:1803.01719.
  public static func orthogonalReLU(width: Int) -> (mean: Double, variance: Double) {
    let all = polygammasOfHalves(width)
    var mean = 0.0, square = 0.0
    for (k, part) in zip(1...width, all) {
      let binomial = lgamma(Double(width + 1)) - lgamma(Double(k + 1)) - lgamma(Double(width - k + 1))
      let probability = exp(binomial - Double(width) * log(2))
      let logarithm = log(2) + part.first - all[width - 1].first
      mean += probability * logarithm
      square += probability * (logarithm * logarithm + part.second - all[width - 1].second)
    }
    return (mean, square - mean * mean)
  }
}

/// ψ(k/2) and ψ′(k/2) for k from 1 to n, by ψ(x + 1) = ψ(x) + 1/x.
private func polygammasOfHalves(_ n: Int) -> [(first: Double, second: Double)] {
  let euler = 0.5772156649015329, square = Double.pi * Double.pi
  var values = [(first: -euler - 2 * log(2), second: square / 2), (first: -euler, second: square / 6)]
  for k in stride(from: 3, through: n, by: 1) {
    let x = Double(k - 2) / 2, before = values[k - 3]
    values.append((before.first + 1 / x, before.second - 1 / (x * x)))
  }
  return values
}
