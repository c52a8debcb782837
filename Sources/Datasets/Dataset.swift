import Autodiff

/// Samples to learn from: rows of numbers, and for each a class or numbers to predict. Copies share their memory, also among
/// threads.
public struct Dataset: Sendable {
  /// The class of each sample, from 0; none where there are targets instead.
  public let labels: [Int]
  /// What the classes are, where that is known.
  public let classNames: [String]
  /// How the inputs have been standardized, nil if they have not.
  public let standardization: Standardization?
  let inputs: Samples
  let targets: Samples?

  init(
    inputs: Samples, labels: [Int], targets: Samples? = nil, classNames: [String] = [],
    standardization: Standardization? = nil
  ) {
    self.inputs = inputs
    self.labels = labels
    self.targets = targets
    self.classNames = classNames
    self.standardization = standardization
  }

  /// A set of `labels.count` samples, the rows of `inputs`. Stops if the number of inputs is not a multiple of that.
  public init(inputs: [Float], labels: [Int]) {
    self.init(inputs: Samples(inputs, count: labels.count), labels: labels)
  }

  /// A set with a class for each row of inputs. Stops if rows differ in length, or their number from the labels'.
  public init(inputs: [[Float]], labels: [Int]) {
    self.init(inputs: Samples(rows: inputs, count: labels.count), labels: labels)
  }

  /// A set with numbers to predict for each row of inputs. Stops if rows differ in length, or in number.
  public init(inputs: [[Float]], targets: [[Float]]) {
    self.init(
      inputs: Samples(rows: inputs, count: targets.count), labels: [],
      targets: Samples(rows: targets, count: inputs.count))
  }

  /// A set with one number to predict for each row of inputs.
  public init(inputs: [[Float]], targets: [Float]) { self.init(inputs: inputs, targets: targets.map { [$0] }) }

  /// How many samples there are.
  public var count: Int { inputs.count }
  /// How many numbers a sample has.
  public var features: Int { inputs.width }
  /// How many numbers there are to predict for a sample; 0 where it has a class instead.
  public var outputs: Int { targets?.width ?? 0 }

  /// The samples at some indices, in their order: inputs [indices, features].
  public func batch(at indices: some Collection<Int>) -> Batch {
    Batch(
      inputs: inputs.tensor(at: indices), labels: targets == nil ? indices.map { labels[$0] } : [],
      prediction: targets?.tensor(at: indices))
  }

  /// The samples at some indices as a set of their own.
  func subset(_ indices: [Int]) -> Dataset {
    Dataset(
      inputs: inputs.take(rows: indices), labels: targets == nil ? indices.map { labels[$0] } : [],
      targets: targets?.take(rows: indices), classNames: classNames, standardization: standardization)
  }
}

extension Samples {
  fileprivate init(rows: [[Float]], count: Int) {
    guard rows.count == count, rows.allSatisfy({ $0.count == rows[0].count }) else {
      stop("Dataset", "\(rows.count) rows for \(count) samples, one of equal length is needed for each")
    }
    self.init(Array(rows.joined()), count: count)
  }
}

/// Some samples, ready to train on.
public struct Batch {
  /// [samples, inputs]
  public let inputs: Tensor
  /// The class of each sample, from 0; none where there are targets instead.
  public let labels: [Int]
  fileprivate let prediction: Tensor?

  /// The numbers to predict, [samples, outputs]. Stops where the samples have classes instead.
  public var targets: Tensor {
    guard let prediction else {
      stop("targets", "these samples have classes, not numbers to predict; take their labels")
    }
    return prediction
  }
}
