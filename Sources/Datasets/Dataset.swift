import Autodiff

/// Labelled examples, shared by all who use them: tensors are made when a batch is gathered, on the thread that asks.
public struct Dataset: Sendable {
  /// What examples are kept as.
  enum Storage: Sendable {
    /// One byte an element, and the standardized number that each byte stands for.
    case bytes([UInt8], meaning: [Float])
    case numbers([Float])
  }

  let storage: Storage
  /// One a row.
  public let labels: [Int]
  /// Numbers in an example.
  public let features: Int
  /// How many labels there are.
  public let classes: Int

  public var count: Int { labels.count }

  /// Examples and their labels, gathered for one training step.
  public struct Batch {
    /// [n, features]
    public let inputs: Tensor
    /// n labels from 0 ..< classes.
    public let labels: [Int]
  }

  /// The examples at the given places, in that order.
  public func gather(_ places: some Collection<Int>) -> Batch {
    let inputs = Tensor(shape: [places.count, features]) { target in
      for (row, place) in places.enumerated() {
        let output = target.baseAddress! + row * features
        switch storage {
        case .bytes(let bytes, let meaning):
          bytes.withUnsafeBufferPointer { bytes in
            meaning.withUnsafeBufferPointer { meaning in
              for i in 0..<features { output[i] = meaning[Int(bytes[place * features + i])] }
            }
          }
        case .numbers(let numbers):
          numbers.withUnsafeBufferPointer { output.update(from: $0.baseAddress! + place * features, count: features) }
        }
      }
    }
    return Batch(inputs: inputs, labels: places.map { labels[$0] })
  }

  /// Batches without end in an order that depends on the seed alone: each epoch all examples are shuffled anew and cut into
  /// batches; those that are left over, too few for one, wait for the next epoch's shuffle. Batches are gathered when asked for.
  public func batches(of size: Int, seed: UInt64) -> Batches {
    guard size >= 1, size <= count else {
      fatalError("Dataset.batches: a batch of \(size) from \(count) examples; it is 1 to \(count)")
    }
    return Batches(dataset: self, size: size, stream: RandomStream(seed: seed, name: "batches"))
  }

  /// All examples in order, in batches of at most `size`.
  public func inOrder(of size: Int) -> some Sequence<Batch> {
    stride(from: 0, to: count, by: size).lazy.map { gather($0..<Swift.min($0 + size, count)) }
  }
}

/// Shuffled batches without end.
public struct Batches: Sequence, IteratorProtocol {
  private let dataset: Dataset
  private let size: Int
  private var stream: RandomStream
  private var order: [Int]
  private var place: Int

  init(dataset: Dataset, size: Int, stream: RandomStream) {
    self.dataset = dataset
    self.size = size
    self.stream = stream
    order = Array(0..<dataset.count)
    place = order.count
  }

  public mutating func next() -> Dataset.Batch? {
    if place + size > order.count {
      // By Fisher and Yates, so that the order depends on the stream and not on the library.
      for last in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(last, Int(stream.uniform() * Double(last + 1))) }
      place = 0
    }
    defer { place += size }
    return dataset.gather(order[place..<place + size])
  }
}
