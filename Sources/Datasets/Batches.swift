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

  /// The first batch and all that follow.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// Where an iteration is.
  public struct Iterator: IteratorProtocol {
    private let source: ShuffledBatches
    private var random: RandomStream
    private var order: [Int]
    private var position: Int

    init(_ source: ShuffledBatches) {
      self.source = source
      random = RandomStream(seed: source.seed, name: "batches")
      order = Array(0..<source.dataset.count)
      position = order.count
    }

    /// The next batch; there is always one.
    public mutating func next() -> Batch? {
      if position + source.size > order.count {
        shuffle()
        position = 0
      }
      defer { position += source.size }
      return source.dataset.batch(at: order[position..<position + source.size])
    }

    /// Durstenfeld's shuffle, written out because the standard library's may change with its version, and the same seed
    /// should give the same batches then, too. Source: Durstenfeld, "Algorithm 235: random permutation", 1964.
    private mutating func shuffle() {
      for last in stride(from: order.count - 1, to: 0, by: -1) {
        order.swapAt(last, Int(random.uniform() * Double(last + 1)))
      }
    }
  }
}
