import Autodiff
import NeuralNetworks
import RunFile

/// Counts the classes of targets over the steps of a recording.
struct ClassFacts {
  /// The number of targets of each class.
  private var counts: [Double] = []
  /// Sums over batches of the share of the most frequent class, and of the number of distinct classes; the number of batches.
  private var majorities = 0.0, distinct = 0.0, batches = 0.0
  /// The samples that the nearest mean of classes classifies correctly, and all of them.
  private var nearestCorrect = 0.0, nearestSamples = 0.0
  /// The counts of one batch.
  private var scratch: [Int32] = []

  /// Adds the labels of a batch, of this number of classes.
  mutating func add(_ labels: [Int], classCount: Int) {
    guard !labels.isEmpty, classCount <= Self.mostClasses else { return }
    // Another loss of the same net counts for itself.
    if counts.count != classCount {
      guard counts.isEmpty else { return }
      counts = [Double](repeating: 0, count: classCount)
      scratch = [Int32](repeating: 0, count: classCount)
    }
    var largest: Int32 = 0, found = 0
    for label in labels {
      let count = scratch[label] + 1
      scratch[label] = count
      if count == 1 { found += 1 }
      largest = max(largest, count)
    }
    for label in labels where scratch[label] != 0 {
      counts[label] += Double(scratch[label])
      scratch[label] = 0
    }
    majorities += Double(largest) / Double(labels.count)
    distinct += Double(found)
    batches += 1
  }

  /// Above this number of classes, as in language models, they are not counted.
  private static let mostClasses = 4096

  /// Classifies each sample by the nearest mean of classes, its own class without the sample itself. Inputs are [samples, …]; at most 256
  /// samples and about 1024 features of each are used.
  mutating func classify(_ input: Tensor, _ labels: [Int]) {
    guard input.shape.first == labels.count, input.elementCount > 0, counts.count <= 256 else { return }
    let samples = min(labels.count, 256), size = input.elementCount / labels.count
    let stride = (size + 1023) / 1024, features = (size + stride - 1) / stride, classes = counts.count
    guard labels.prefix(samples).allSatisfy({ $0 >= 0 && $0 < classes }) else { return }
    var means = [Float](repeating: 0, count: classes * features), members = [Float](repeating: 0, count: classes)
    input.withValues { values in
      for sample in 0..<samples {
        members[labels[sample]] += 1
        for feature in 0..<features {
          means[labels[sample] * features + feature] += values[sample * size + feature * stride]
        }
      }
      for sample in 0..<samples where members[labels[sample]] > 1 {
        var best = (distance: Float.infinity, label: -1)
        for label in 0..<classes where members[label] > 0 {
          let isOwn = label == labels[sample], count = members[label] - (isOwn ? 1 : 0)
          var distance: Float = 0
          for feature in 0..<features {
            let value = values[sample * size + feature * stride]
            let difference = value - (means[label * features + feature] - (isOwn ? value : 0)) / count
            distance += difference * difference
          }
          if distance < best.distance { best = (distance, label) }
        }
        nearestSamples += 1
        if best.label == labels[sample] { nearestCorrect += 1 }
      }
    }
  }

  /// The facts so far; empty if there were no labels.
  var facts: [(FactName, Fact.Value)] {
    guard batches > 0 else { return [] }
    var facts: [(FactName, Fact.Value)] = [
      (.classCounts, .json("[\(counts.map { String(Int($0)) }.joined(separator: ","))]")),
      (.majorityInBatch, .number(majorities / batches)), (.classesInBatch, .number(distinct / batches)),
    ]
    if nearestSamples > 0 {
      facts += [
        (.nearestMeanAccuracy, .number(nearestCorrect / nearestSamples)),
        (.nearestMeanSamples, .number(nearestSamples)),
      ]
    }
    return facts
  }

  func save(to state: inout SavedState) {
    state.numbers["class_counts"] = counts
    state.numbers["class_sums"] = [majorities, distinct, batches, nearestCorrect, nearestSamples]
  }

  mutating func restore(from state: SavedState) throws {
    counts = state.numbers["class_counts"] ?? []
    scratch = counts.map { _ in 0 }
    if let sums = try state.numbers("class_sums", 5) {
      (majorities, distinct, batches, nearestCorrect, nearestSamples) = (sums[0], sums[1], sums[2], sums[3], sums[4])
    }
  }
}
