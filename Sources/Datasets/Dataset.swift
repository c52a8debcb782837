import Autodiff

/// A data set: inputs [count, features] with one class per sample, or with targets [count, outputs] for regression.
///
/// A data set of your own is a function or a type that makes one:
///
///     extension Dataset {
///       static func parity(bits: Int, samples: Int, seed: UInt64) -> Dataset {
///         var random = RandomStream(seed: seed, name: "parity")
///         let inputs = (0..<samples).map { _ in (0..<bits).map { _ in Float(random.next() >> 63) } }
///         return Dataset(
///           inputs: inputs, labels: inputs.map { Int($0.reduce(0, +)) % 2 }, classNames: ["even", "odd"])
///       }
///     }
///
/// Copies share their memory, also between threads.
public struct Dataset: Sendable {
  /// The class of each sample, from 0; empty for regression.
  public let labels: [Int]
  /// The names of the classes 0, 1, …; empty if unknown.
  public let classNames: [String]
  /// The names of the input features; empty if unknown.
  public let featureNames: [String]
  /// The means and standard deviations by which the inputs were standardized; nil if they were not.
  public let standardization: Standardization?
  let inputs: Samples
  let targets: Samples?

  init(
    inputs: Samples, labels: [Int], targets: Samples? = nil, classNames: [String] = [],
    featureNames: [String] = [], standardization: Standardization? = nil
  ) {
    self.inputs = inputs
    self.labels = labels
    self.targets = targets
    self.classNames = classNames
    self.featureNames = featureNames
    self.standardization = standardization
  }

  /// `labels.count` samples with classes from 0; `inputs` has the samples one after the other, [samples, features] in row-major
  /// order. `classNames` is empty by default. Stops the program if the number of inputs is not a multiple of the number of
  /// labels, or if a label is negative.
  public init(inputs: [Float], labels: [Int], classNames: [String] = []) {
    self.init(inputs: Samples(inputs, count: labels.count), labels: checked(labels), classNames: classNames)
  }

  /// One sample with a class from 0 for each row of `inputs`. `classNames` is empty by default. Stops the program if rows
  /// differ in length, if there are more or fewer labels than rows, or if a label is negative.
  public init(inputs: [[Float]], labels: [Int], classNames: [String] = []) {
    self.init(inputs: Samples(rows: inputs, count: labels.count), labels: checked(labels), classNames: classNames)
  }

  /// One sample for regression for each row of `inputs`, with a row of `targets`. Stops the program if rows differ in length,
  /// or if the numbers of rows differ.
  public init(inputs: [[Float]], targets: [[Float]]) {
    self.init(
      inputs: Samples(rows: inputs, count: targets.count), labels: [],
      targets: Samples(rows: targets, count: inputs.count))
  }

  /// One sample for regression for each row of `inputs`, with one target. Stops the program if rows differ in length, or if the
  /// numbers of rows and targets differ.
  public init(inputs: [[Float]], targets: [Float]) { self.init(inputs: inputs, targets: targets.map { [$0] }) }

  /// The number of samples.
  public var count: Int { inputs.count }
  /// The number of input features per sample.
  public var features: Int { inputs.width }
  /// The number of targets per sample; 0 for classification.
  public var outputs: Int { targets?.width ?? 0 }

  /// The samples at these indices, in their order: inputs [indices, features]. Stops the program at an index outside of the
  /// data set.
  public func batch(at indices: some Collection<Int>) -> Batch {
    Batch(
      inputs: inputs.tensor(at: indices), labels: targets == nil ? indices.map { labels[$0] } : [],
      prediction: targets?.tensor(at: indices))
  }

  /// The same as numbers.
  func numbers(at indices: some Collection<Int>) -> BatchNumbers {
    BatchNumbers(
      count: indices.count, inputs: inputs.numbers(at: indices),
      labels: targets == nil ? indices.map { labels[$0] } : [], targets: targets?.numbers(at: indices))
  }

  /// The samples at these indices as a data set.
  func subset(_ indices: [Int]) -> Dataset {
    Dataset(
      inputs: inputs.take(rows: indices), labels: targets == nil ? indices.map { labels[$0] } : [],
      targets: targets?.take(rows: indices), classNames: classNames, featureNames: featureNames,
      standardization: standardization)
  }
}

extension Samples {
  fileprivate init(rows: [[Float]], count: Int) {
    guard rows.count == count, rows.allSatisfy({ $0.count == rows[0].count }) else {
      stop("Dataset", "\(rows.count) rows for \(count) samples; there must be one row per sample, all of equal length")
    }
    self.init(Array(rows.joined()), count: count)
  }
}

/// A batch of samples.
public struct Batch {
  /// The inputs, [samples, features].
  public let inputs: Tensor
  /// The class of each sample, from 0; empty for regression.
  public let labels: [Int]
  fileprivate let prediction: Tensor?

  /// The targets, [samples, outputs]. Stops the program if the samples have classes instead.
  public var targets: Tensor {
    guard let prediction else {
      stop("targets", "the samples have classes, not targets; use labels")
    }
    return prediction
  }
}

/// A batch as numbers, which any thread may make: a tensor belongs to the thread that uses it.
struct BatchNumbers: Sendable {
  let count: Int
  var inputs: [Float]
  let labels: [Int]
  let targets: [Float]?

  /// The tensors.
  var batch: Batch {
    func rows(_ numbers: [Float]) -> Tensor { Tensor(numbers, shape: [count, numbers.count / count]) }
    return Batch(inputs: rows(inputs), labels: labels, prediction: targets.map(rows))
  }
}

/// The labels. Stops the program if one is negative.
private func checked(_ labels: [Int]) -> [Int] {
  if let label = labels.first(where: { $0 < 0 }) {
    stop("Dataset", "the label \(label) is negative; classes count from 0")
  }
  return labels
}
