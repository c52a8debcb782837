import Autodiff

/// Means and standard deviations that bring each feature to mean 0 and standard deviation 1: x ← (x − mean) / deviation.
///
/// They are measured on the training set and applied to the test set too:
///
///     let (train, test) = data.split(testFraction: 0.2, seed: 1)
///     let scale = Standardization(of: train)
///     let seen = train.standardized(by: scale), unseen = test.standardized(by: scale)
public struct Standardization: Sendable, Equatable {
  /// The mean of each feature.
  public let means: [Double]
  /// The standard deviation of each feature, √(Σ (x − mean)² / n); 1 for a constant feature, so that it can be a divisor.
  public let standardDeviations: [Double]

  /// The means and standard deviations of a data set, summed in Float64 in two passes.
  public init(of data: Dataset) {
    let numbers = data.inputs.numbers, features = data.features
    func averages(_ term: (Float, Int) -> Double) -> [Double] {
      var sums = [Double](repeating: 0, count: features)
      for (index, number) in numbers.enumerated() { sums[index % features] += term(number, index % features) }
      return sums.map { $0 / Double(data.count) }
    }
    let means = averages { number, _ in Double(number) }
    self.means = means
    standardDeviations = averages { number, feature in
      let distance = Double(number) - means[feature]
      return distance * distance
    }.map { $0 > 0 ? $0.squareRoot() : 1 }
  }
}

extension Dataset {
  /// The data set with standardized inputs, (x − mean) / deviation per feature, with the given statistics, or with its own if
  /// nil. The result keeps them in `standardization`. Targets do not change. Stops the program if the numbers of features
  /// differ.
  public func standardized(by scale: Standardization? = nil) -> Dataset {
    let scale = scale ?? Standardization(of: self)
    guard scale.means.count == features else {
      stop("standardized", "the statistics have \(scale.means.count) features; the data set has \(features)")
    }
    let scaled = inputs.numbers.enumerated().map { index, number in
      let feature = index % features
      return Float((Double(number) - scale.means[feature]) / scale.standardDeviations[feature])
    }
    return Dataset(
      inputs: Samples(scaled, count: count), labels: labels, targets: targets, classNames: classNames,
      featureNames: featureNames, standardization: scale)
  }
}
