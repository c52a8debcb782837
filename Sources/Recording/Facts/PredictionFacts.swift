import Autodiff
import RunFile

/// Facts of what a loss compares: predictions and targets.
enum PredictionFacts {
  /// Which function was called with which shapes, and what its predictions are.
  static func loss(_ call: LossCall) -> [(FactName, Fact.Value)] {
    let prediction = call.prediction
    let target: [Int]
    switch call.target {
    case .classes(let labels): target = [labels.count]
    case .numbers(let tensor): target = Array(tensor.shape)
    }
    var facts: [(FactName, Fact.Value)] = [
      (.function, .text(call.function)), (.shapes, .json("[\(Array(prediction.shape)),\(target)]")),
    ]
    if call.isWeighted { facts.append((.isWeighted, .number(1))) }
    if let weights = call.classWeights, weights.allSatisfy(\.isFinite) {
      facts.append((.classWeights, .json("[\(weights.map { "\($0)" }.joined(separator: ","))]")))
    }
    guard prediction.elementCount > 0, prediction.shape.count >= 1 else { return facts }
    facts += InputFacts.range(of: prediction)
    let rows = prediction.shape[0], columns = prediction.elementCount / rows
    var probabilities = 0, extreme = 0, correct = 0
    var sums = [Double](repeating: 0, count: columns), squares = sums
    prediction.withValues { values in
      for row in 0..<rows {
        var sum = 0.0, isPositive = true, best = 0
        for column in 0..<columns {
          let value = values[row * columns + column]
          if value < 0 { isPositive = false }
          if value == 0 || value == 1 { extreme += 1 }
          if value > values[row * columns + best] { best = column }
          sum += Double(value)
          let distance = Double(value - values[column])
          sums[column] += distance
          squares[column] += distance * distance
        }
        if isPositive, abs(sum - 1) < 1e-3 { probabilities += 1 }
        if case .classes(let labels) = call.target, row < labels.count, labels[row] == best { correct += 1 }
      }
    }
    let count = Double(rows)
    let variances = zip(sums, squares).map { max($1 / count - ($0 / count) * ($0 / count), 0) }
    facts += [
      (.probabilityRows, .number(Double(probabilities) / count)),
      (.extremePredictions, .number(Double(extreme) / Double(prediction.elementCount))),
      (.predictionSpread, .number((variances.reduce(0, +) / Double(columns)).squareRoot())),
    ]
    if case .classes = call.target { facts.append((.accuracy, .number(Double(correct) / count))) }
    return facts
  }

  /// The kind of targets, and the range of numbers.
  static func target(_ call: LossCall) -> [(FactName, Fact.Value)] {
    switch call.target {
    case .classes:
      return [(.kind, .text("classes")), (.classCount, .number(Double(call.prediction.shape.last ?? 0)))]
    case .numbers(let tensor):
      guard tensor.elementCount > 0 else { return [] }
      let range = InputFacts.range(of: tensor)
      let isWithin = range.allSatisfy { name, value in
        guard case .number(let number) = value else { return true }
        return name != .minimum && name != .maximum || (0...1).contains(number)
      }
      return [(.kind, .text(isWithin && call.function == "binaryCrossEntropy" ? "probabilities" : "numbers"))] + range
    }
  }

  /// The mean over outputs of the variance of targets [samples, …] over the batch; nil for classes, and for fewer than two samples.
  static func variance(_ call: LossCall) -> Double? {
    guard case .numbers(let tensor) = call.target, tensor.shape.count >= 1, tensor.shape[0] > 1 else { return nil }
    let rows = tensor.shape[0], columns = tensor.elementCount / rows
    var total = 0.0
    tensor.withValues { values in
      for column in 0..<columns {
        var sum = 0.0, squares = 0.0
        for row in 0..<rows {
          let value = Double(values[row * columns + column]) - Double(values[column])
          sum += value
          squares += value * value
        }
        total += max(squares / Double(rows) - (sum / Double(rows)) * (sum / Double(rows)), 0)
      }
    }
    // Without bias also for small batches.
    return total / Double(max(columns, 1)) * Double(rows) / Double(rows - 1)
  }
}
