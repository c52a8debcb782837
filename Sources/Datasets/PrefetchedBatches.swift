import Autodiff
import Foundation

extension ShuffledBatches {
  /// The same batches, made on another thread while the last one is used: up to `count` are kept ready, 2 by default. It pays where a batch
  /// costs much, as with augmentation. Stops the program unless `count` is at least 1.
  public func prefetched(_ count: Int = 2) -> PrefetchedBatches {
    guard count >= 1 else { stop("prefetched", "the number of batches is \(count); it must be at least 1") }
    return PrefetchedBatches(source: self, count: count)
  }
}

/// An endless sequence of shuffled batches that another thread makes in advance. Every iteration yields the same batches.
public struct PrefetchedBatches: Sequence, Sendable {
  let source: ShuffledBatches
  let count: Int

  /// An iterator with a thread of its own, which ends with it.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// One iteration over the batches.
  public final class Iterator: IteratorProtocol {
    private let source: PrefetchedBatches
    private var queue: BatchQueue
    private var taken: Int

    init(_ source: PrefetchedBatches) {
      self.source = source
      let iterator = source.source.makeIterator()
      taken = iterator.position
      queue = BatchQueue(iterator, source.count)
    }

    deinit { queue.stop() }

    /// The next batch; never nil. Waits until it is ready.
    public func next() -> Batch? {
      taken += 1
      return queue.take().batch
    }

    /// As `ShuffledBatches.Iterator.position`; batches that were made in advance don't count.
    public var position: Int {
      get { taken }
      set {
        var iterator = source.source.makeIterator()
        iterator.position = newValue
        queue.stop()
        (queue, taken) = (BatchQueue(iterator, source.count), newValue)
      }
    }
  }
}

/// Batches that a thread makes until `stop()`, at most `count` before they are taken.
private final class BatchQueue: @unchecked Sendable {
  /// Guards what follows.
  private let condition = NSCondition()
  private var batches: [BatchNumbers] = []
  private var isStopped = false

  init(_ iterator: ShuffledBatches.Iterator, _ count: Int) {
    Thread.detachNewThread { [self] in
      var iterator = iterator
      while hasRoom(for: count) {
        let next = iterator.nextNumbers()
        condition.withLock {
          batches.append(next)
          condition.broadcast()
        }
      }
    }
  }

  /// Waits until fewer than `count` batches are ready; false after `stop()`.
  private func hasRoom(for count: Int) -> Bool {
    condition.withLock {
      while batches.count >= count, !isStopped { condition.wait() }
      return !isStopped
    }
  }

  func take() -> BatchNumbers {
    condition.withLock {
      while batches.isEmpty { condition.wait() }
      defer { condition.broadcast() }
      return batches.removeFirst()
    }
  }

  func stop() {
    condition.withLock {
      isStopped = true
      condition.broadcast()
    }
  }
}
