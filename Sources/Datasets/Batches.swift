import Autodiff

extension Dataset {
  /// An endless sequence of shuffled batches of `size` samples: epoch after epoch, each in another order that the seed determines.
  ///
  /// Inputs [size, features]. No sample occurs twice in an epoch; the rest that does not fill a last batch is left out of that
  /// epoch. Batches are made one by one. Stops the program unless `size` is from 1 to the number of samples.
  ///
  ///     for batch in data.batches(of: 64, seed: 7).prefix(500) { … }
  public func batches(of size: Int, seed: UInt64) -> ShuffledBatches {
    guard size >= 1, size <= count else {
      stop("batches", "the batch size is \(size); it must be from 1 to the \(count) samples")
    }
    return ShuffledBatches(dataset: self, size: size, seed: seed)
  }

  /// All samples once, in order, as batches of `size` samples; the last batch may be smaller. Inputs [size, features]. Stops
  /// the program unless `size` is at least 1.
  public func inOrder(of size: Int) -> some Sequence<Batch> {
    guard size >= 1 else { stop("inOrder", "the batch size is \(size); it must be at least 1") }
    return stride(from: 0, to: count, by: size).lazy.map { batch(at: $0..<Swift.min($0 + size, count)) }
  }
}

extension Dataset {
  /// The same samples sorted by class, those of a class in their order: a fault to study. Batches in this order hold one class after the
  /// other, so a net learns each class and forgets the ones before:
  ///
  ///     for batch in data.train.sortedByClass().inOrder(of: 64) { … }
  ///
  /// `batches(of:seed:)` shuffles them again. Stops the program if the samples have targets instead of classes.
  public func sortedByClass() -> Dataset {
    guard targets == nil else { stop("sortedByClass", "the samples have targets, not classes") }
    // The standard library's sort is stable, but does not promise it.
    return subset((0..<count).sorted { (labels[$0], $0) < (labels[$1], $1) })
  }
}

/// An endless sequence of shuffled batches. Every iteration yields the same batches.
public struct ShuffledBatches: Sequence, Sendable {
  let dataset: Dataset
  let size: Int
  let seed: UInt64
  var start = 0
  var augmentations: [ImageAugmentation] = []

  /// The same sequence without its first `position` batches, to resume training. Stops the program if that is negative, or beyond 2⁴⁰
  /// samples.
  public func starting(at position: Int) -> ShuffledBatches {
    var rest = self
    rest.start = start + checked(position, most: lastPosition - start)
    return rest
  }

  /// The last position that can be assigned: to get there, each epoch is shuffled, and 2⁴⁰ samples take hours.
  private var lastPosition: Int { (1 << 40) / dataset.count * (dataset.count / size) }

  /// The position. Stops the program if it is out of range.
  fileprivate func checked(_ position: Int, most: Int? = nil) -> Int {
    guard position >= 0, position <= most ?? lastPosition else {
      stop("batches", "the position is \(position); it must be from 0 to \(most ?? lastPosition)")
    }
    return position
  }

  /// An iterator that begins with the first batch, or with that at `starting(at:)`.
  public func makeIterator() -> Iterator {
    var iterator = Iterator(self)
    iterator.position = start
    return iterator
  }

  /// One iteration over the batches.
  public struct Iterator: IteratorProtocol, Sendable {
    private let source: ShuffledBatches
    private var random: RandomStream
    private var order: [Int]
    private var epochs = 0
    private var nextSample: Int

    init(_ source: ShuffledBatches) {
      self.source = source
      random = RandomStream(seed: source.seed, name: "batches")
      order = Array(0..<source.dataset.count)
      nextSample = order.count
    }

    /// The next batch; never nil.
    public mutating func next() -> Batch? {
      source.augmentations.isEmpty ? source.dataset.batch(at: nextIndices()) : nextNumbers().batch
    }

    /// The next batch as numbers.
    mutating func nextNumbers() -> BatchNumbers {
      let position = position
      var numbers = source.dataset.numbers(at: nextIndices())
      if !source.augmentations.isEmpty {
        var random = RandomStream(seed: source.seed, name: "augmentation of batch \(position)")
        for augmentation in source.augmentations { augmentation.change(&numbers.inputs, &random) }
      }
      return numbers
    }

    private mutating func nextIndices() -> ArraySlice<Int> {
      if nextSample + source.size > order.count { beginEpoch() }
      defer { nextSample += source.size }
      return order[nextSample..<nextSample + source.size]
    }

    /// The number of batches so far. Save it and assign it to an iterator of the same data, batch size and seed to resume; the
    /// assignment shuffles once per epoch up to there. Stops the program if it is negative, or beyond 2⁴⁰ samples.
    public var position: Int {
      get { epochs == 0 ? 0 : (epochs - 1) * batchesPerEpoch + nextSample / source.size }
      set {
        let newValue = source.checked(newValue)
        if newValue < position { self = Iterator(source) }
        while epochs * batchesPerEpoch < newValue { beginEpoch() }
        if epochs > 0 { nextSample = (newValue - (epochs - 1) * batchesPerEpoch) * source.size }
      }
    }

    private var batchesPerEpoch: Int { order.count / source.size }

    private mutating func beginEpoch() {
      random.shuffle(&order)
      epochs += 1
      nextSample = 0
    }
  }
}
