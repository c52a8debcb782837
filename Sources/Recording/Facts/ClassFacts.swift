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

  /// Classifies each sample of a batch by the nearest mean of classes. Inputs are [samples, …]; a token counts as the vector that is 1 at its
  /// index and 0 elsewhere.
  mutating func classify(_ input: Tensor, isTokens: Bool, _ labels: [Int]) {
    guard input.shape.first == labels.count, input.elementCount > 0, counts.count <= 256,
      labels.allSatisfy({ $0 >= 0 && $0 < counts.count })
    else { return }
    input.withValues { values in
      let means = NearestMean(labels: labels, classCount: counts.count, size: input.elementCount / labels.count)
      let result = isTokens ? means.classifyTokens(values) : means.classifyNumbers(values)
      nearestCorrect += Double(result.correct)
      nearestSamples += Double(result.all)
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
