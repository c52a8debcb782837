import Autodiff
import RunFile
import Support

/// Facts of an input of the model.
enum InputFacts {
  /// Range, mean and spread of an input of any shape, and of its features where it is [samples, features].
  static func facts(of input: Tensor, isTokens: Bool) -> [(FactName, Fact.Value)] {
    guard input.elementCount > 0 else { return [] }
    var facts = range(of: input)
    facts.append((.precision, .text(input.precision.name)))
    if isTokens {
      facts.append((.isTokens, .number(1)))
    } else if let spread = featureSpread(of: input) {
      facts.append((.featureSpread, .number(spread)))
    }
    return facts
  }

  /// Minimum, maximum, mean and standard deviation of all elements, and how many are not finite.
  static func range(of tensor: Tensor) -> [(FactName, Fact.Value)] {
    let sums = tensor.activationSums(low: -.infinity, high: .infinity), count = Double(tensor.elementCount)
    let mean = sums.sum / count
    return [
      (.minimum, .number(Double(sums.minimum))), (.maximum, .number(Double(sums.maximum))), (.mean, .number(mean)),
      (.std, .number((tensor.squaredDeviations(from: mean) / count).squareRoot())),
      (.nonfiniteCount, .number(Double(sums.nonfinite))),
    ]
  }

  /// The largest over the median standard deviation of features, of those that vary; nil if the shape is not [samples, features] with at
  /// least eight samples and two features that vary.
  private static func featureSpread(of input: Tensor) -> Double? {
    guard input.shape.count == 2, input.shape[0] >= 8, input.shape[1] >= 2 else { return nil }
    let (samples, features) = (input.shape[0], input.shape[1])
    var sums = [Double](repeating: 0, count: features), squares = sums
    let first = input.first(1).values
    input.withValues { values in
      for sample in 0..<samples {
        for feature in 0..<features {
          // Relative to the first sample, so that large means lose no digits.
          let value = Double(values[sample * features + feature] - first[feature])
          sums[feature] += value
          squares[feature] += value * value
        }
      }
    }
    let count = Double(samples)
    let deviations = zip(sums, squares).map { max($1 / count - ($0 / count) * ($0 / count), 0).squareRoot() }
      .filter { $0 > 0 }.sorted()
    guard deviations.count >= 2, let largest = deviations.last, largest.isFinite else { return nil }
    return largest / quantile(0.5, ofSorted: deviations)
  }
}

extension Precision {
  /// The name in facts: `float32`.
  var name: String { "\(self)" }
}
