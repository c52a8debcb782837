import Autodiff

extension Dataset {
  /// Batches of `size` samples without end: epoch after epoch, each in an order of its own that the seed determines.
  ///
  /// No sample comes twice in an epoch. Those that don't fill a last batch sit the epoch out; in the next one they are others.
  /// Batches are gathered one by one as the loop asks for them.
  ///
  ///     for batch in data.batches(of: 64, seed: 7).prefix(500) { … }
  public func batches(of size: Int, seed: UInt64) -> ShuffledBatches {
    guard size >= 1, size <= count else {
      stop("batches", "a batch of \(size) from \(count) samples, 1 to \(count) are possible")
    }
    return ShuffledBatches(dataset: self, size: size, seed: seed)
  }

  /// All samples once, in order, `size` at a time; the last batch holds what is left.
  public func inOrder(of size: Int) -> some Sequence<Batch> {
    guard size >= 1 else { stop("inOrder", "a batch of \(size), at least 1 is needed") }
    return stride(from: 0, to: count, by: size).lazy.map { batch(at: $0..<Swift.min($0 + size, count)) }
  }
}

/// An endless sequence of batches in random order. Each iteration of it begins anew with the same ones.
public struct ShuffledBatches: Sequence, Sendable {
  let dataset: Dataset
  let size: Int
  let seed: UInt64
  var start = 0

  /// The same sequence without its first `position` batches: where a training that was interrupted goes on.
  public func starting(at position: Int) -> ShuffledBatches {
    var rest = self
    rest.start += position
    return rest
  }

  /// The first batch and all that follow.
  public func makeIterator() -> Iterator {
    var iterator = Iterator(self)
    iterator.position = start
    return iterator
  }

  /// Where an iteration is.
  public struct Iterator: IteratorProtocol {
    private let source: ShuffledBatches
    private var random: RandomStream
    private var order: [Int]
    private var epochs = 0
    private var place: Int

    init(_ source: ShuffledBatches) {
      self.source = source
      random = RandomStream(seed: source.seed, name: "batches")
      order = Array(0..<source.dataset.count)
      place = order.count
    }

    /// The next batch; there is always one.
    public mutating func next() -> Batch? {
      if place + source.size > order.count { beginEpoch() }
      defer { place += source.size }
      return source.dataset.batch(at: order[place..<place + source.size])
    }

    /// How many batches lie behind, from the first of all. To be saved, and set in an iteration of the same data, batch size
    /// and seed, which goes on from there. Setting it shuffles as often as epochs have begun by then.
    public var position: Int {
      get { epochs == 0 ? 0 : (epochs - 1) * batchesPerEpoch + place / source.size }
      set {
        guard newValue >= 0 else { stop("batches", "a position of \(newValue), it is 0 or more") }
        if newValue < position { self = Iterator(source) }
        while epochs * batchesPerEpoch < newValue { beginEpoch() }
        if epochs > 0 { place = (newValue - (epochs - 1) * batchesPerEpoch) * source.size }
      }
    }

    private var batchesPerEpoch: Int { order.count / source.size }

    private mutating func beginEpoch() {
      random.shuffle(&order)
      epochs += 1
      place = 0
    }
  }
}
