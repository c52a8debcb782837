import Autodiff

/// Samples with a class each: rows of numbers, and labels. Copies share their memory, also among threads.
public struct Dataset: Sendable {
  /// The class of each sample, from 0.
  public let labels: [Int]
  /// How many numbers a sample has.
  public let features: Int
  private let storage: Storage

  private enum Storage: Sendable {
    /// Bytes that stand for the numbers of a table, so that a large set takes a quarter of the memory.
    case bytes([UInt8], table: [Float])
    case numbers([Float])
  }

  /// A set of `labels.count` samples, the rows of `inputs`. Stops if the number of inputs is not a multiple of that.
  public init(inputs: [Float], labels: [Int]) {
    self.init(.numbers(inputs), inputs.count, labels)
  }

  /// A set whose inputs are `table[byte]` for each byte.
  init(bytes: [UInt8], table: [Float], labels: [Int]) {
    self.init(.bytes(bytes, table: table), bytes.count, labels)
  }

  private init(_ storage: Storage, _ elements: Int, _ labels: [Int]) {
    guard !labels.isEmpty, elements % labels.count == 0 else {
      stop("Dataset", "\(elements) inputs for \(labels.count) labels, each sample has as many inputs as the others")
    }
    self.storage = storage
    self.labels = labels
    features = elements / labels.count
  }

  /// How many samples there are.
  public var count: Int { labels.count }

  /// The samples at some indices, in their order: inputs [indices, features].
  public func batch(at indices: some Collection<Int>) -> Batch {
    let inputs = Tensor(shape: [indices.count, features]) { target in
      switch storage {
      case .numbers(let numbers): gather(indices, into: target, from: numbers) { $0 }
      case .bytes(let bytes, let table):
        table.withUnsafeBufferPointer { table in gather(indices, into: target, from: bytes) { table[Int($0)] } }
      }
    }
    return Batch(inputs: inputs, labels: indices.map { labels[$0] })
  }

  @inline(__always)
  private func gather<Element>(
    _ indices: some Collection<Int>, into target: UnsafeMutableBufferPointer<Float>, from all: [Element],
    _ number: (Element) -> Float
  ) {
    all.withUnsafeBufferPointer { all in
      for (row, index) in indices.enumerated() {
        guard labels.indices.contains(index) else { stop("Dataset", "no sample \(index), there are \(count)") }
        for column in 0..<features { target[row * features + column] = number(all[index * features + column]) }
      }
    }
  }
}

/// Some samples, ready to train on.
public struct Batch {
  /// [samples, inputs]
  public let inputs: Tensor
  /// The class of each sample, from 0.
  public let labels: [Int]
}
