import Foundation
import Rheoscope

/// A recipe's samples.
struct PreparedData {
  let train: Dataset
  /// Of the same preparation, with true labels.
  let validation: Dataset
  /// The loss of the best constant output on the training samples, and on those of validation.
  let constantLoss, constantValidationLoss: Double

  init(_ recipe: Recipe, _ data: BenchmarkData) {
    var random = RandomStream(seed: 1, name: "preparation")
    let isRegression = data.isRegression, isBinary = recipe.isBinary
    let all = data.train
    var indices = Array(0..<min(recipe.sampleLimit ?? all.count, all.count))
    if let share = recipe.majority, !isRegression {
      let first = indices.filter { all.labels[$0] == 0 }, others = indices.filter { all.labels[$0] != 0 }
      indices = (0..<indices.count).map { _ in
        let from = random.uniform() < share ? first : others
        return from[Int(random.uniform() * Double(from.count))]
      }
    }
    if recipe.isSorted { indices.sort { (all.labels[$0], $0) < (all.labels[$1], $1) } }
    let batch = all.batch(at: indices)
    var inputs = Self.inputs(batch.inputs.values, recipe)
    let features = all.features
    func isNext(_ share: Double) -> Bool { share > 0 && random.uniform() < share }
    // NaN in a few samples, of which the first steps have none more than others.
    if recipe.nanShare > 0, !recipe.hasNaNTargets {
      for sample in indices.indices where isNext(recipe.nanShare) { inputs[sample * features] = .nan }
      if !inputs.contains(where: \.isNaN) { inputs[features * (indices.count / 2)] = .nan }
    }
    if isRegression {
      let outputs = all.outputs
      var targets = Self.targets(batch.targets.values, recipe)
      let original = targets
      for sample in indices.indices where isNext(recipe.shuffledShare) {
        let other = Int(random.uniform() * Double(indices.count))
        for output in 0..<outputs { targets[sample * outputs + output] = original[other * outputs + output] }
      }
      if recipe.hasConstantTargets { targets = targets.map { _ in 1 } }
      if recipe.hasNaNTargets {
        for sample in indices.indices where isNext(recipe.nanShare) { targets[sample * outputs] = .nan }
        if !targets.contains(where: \.isNaN) { targets[outputs * (indices.count / 2)] = .nan }
      }
      train = Dataset(inputs: inputs.chunked(features), targets: targets.chunked(outputs))
      constantLoss = Self.variance(targets.filter { !$0.isNaN }, outputs)
      let other = data.validation.batch(at: 0..<data.validation.count)
      let wanted = Self.targets(other.targets.values, recipe)
      validation = Dataset(
        inputs: Self.inputs(other.inputs.values, recipe).chunked(features), targets: wanted.chunked(outputs))
      constantValidationLoss = Self.variance(wanted, outputs)
    } else {
      var labels = batch.labels
      let original = labels
      for sample in indices.indices where isNext(recipe.shuffledShare) {
        labels[sample] = original[Int(random.uniform() * Double(indices.count))]
      }
      if recipe.hasConstantTargets { labels = labels.map { _ in 1 } }
      train = Dataset(inputs: inputs, labels: labels)
      constantLoss = Self.entropy(isBinary ? labels.map { $0 % 2 } : labels)
      let other = data.validation.batch(at: 0..<data.validation.count)
      validation = Dataset(inputs: Self.inputs(other.inputs.values, recipe), labels: other.labels)
      constantValidationLoss = Self.entropy(isBinary ? other.labels.map { $0 % 2 } : other.labels)
    }
  }

  private static func inputs(_ values: [Float], _ recipe: Recipe) -> [Float] {
    let factor = recipe.inputScale * Float(recipe.vocabularyFactor), offset = recipe.inputOffset
    return factor == 1 && offset == 0 ? values : values.map { $0 * factor + offset }
  }

  private static func targets(_ values: [Float], _ recipe: Recipe) -> [Float] {
    values.map { $0 * recipe.targetScale + recipe.targetOffset }
  }

  /// 1 / frequency of each class, 1 on average over samples.
  func classWeights(_ classes: Int) -> [Float] {
    let counts = train.labels.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
    return (0..<classes).map { label in
      counts[label].map { Float(train.count) / Float($0 * counts.count) } ?? 1
    }
  }

  /// The mean over outputs of the variance over samples.
  private static func variance(_ targets: [Float], _ outputs: Int) -> Double {
    (0..<outputs).reduce(0) { sum, output in
      let values = stride(from: output, to: targets.count, by: outputs).map { Double(targets[$0]) }
      let mean = values.reduce(0, +) / Double(values.count)
      return sum + values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    } / Double(outputs)
  }

  private static func entropy(_ labels: [Int]) -> Double {
    var counts: [Int: Double] = [:]
    for label in labels { counts[label, default: 0] += 1 }
    let total = Double(labels.count)
    return counts.values.sorted().reduce(0) { $0 - $1 / total * log($1 / total) }
  }

  /// The batches, in random order or in that of the samples.
  func batches(_ recipe: Recipe, seed: UInt64) -> AnyIterator<Batch> {
    guard recipe.isSorted else {
      let iterator = train.batches(of: min(recipe.batch, train.count), seed: seed).makeIterator()
      return AnyIterator(iterator)
    }
    var start = Int(seed) * 97 % train.count
    return AnyIterator {
      defer { start = (start + recipe.batch) % train.count }
      return train.batch(at: (0..<recipe.batch).map { (start + $0) % train.count })
    }
  }
}

extension Recipe {
  /// Whether the net has one logit for two classes.
  var isBinary: Bool {
    switch loss {
    case .binary, .binaryByHand: true
    default: false
    }
  }
}

extension Array where Element == Float {
  fileprivate func chunked(_ width: Int) -> [[Float]] {
    stride(from: 0, to: count, by: width).map { Array(self[$0..<$0 + width]) }
  }
}
