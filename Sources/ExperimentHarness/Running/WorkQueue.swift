import Foundation
import Synchronization

/// Transforms items on several threads, and returns the results in the order of the items. After an error no further item is begun;
/// the first error is thrown when all running threads have ended.
///
/// These are Foundation's threads rather than tasks, because a deep net needs a deep stack (64 MiB) and its tensors belong to one
/// thread.
package func mapInParallel<Item: Sendable, Value: Sendable>(
  _ items: [Item], threads count: Int, _ transform: @escaping @Sendable (Item) throws -> Value
) throws -> [Value] {
  let queue = WorkQueue<Value>(items.count)
  let group = DispatchGroup()
  for _ in 0..<min(count, items.count) {
    group.enter()
    let thread = Thread {
      while let index = queue.next() { queue.store(Result { try transform(items[index]) }, at: index) }
      group.leave()
    }
    thread.stackSize = 64 << 20
    thread.start()
  }
  group.wait()
  return try queue.values()
}

/// Hands indices to threads, and keeps their results.
private final class WorkQueue<Value: Sendable>: Sendable {
  private struct State {
    var next = 0
    var values: [Value?]
    var failure: (any Error)?
  }
  private let state: Mutex<State>
  private let count: Int

  init(_ count: Int) {
    self.count = count
    state = Mutex(State(values: Array(repeating: nil, count: count)))
  }

  /// The next index; nil after the last, and after an error.
  func next() -> Int? {
    state.withLock { state in
      guard state.failure == nil, state.next < count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  func store(_ result: Result<Value, any Error>, at index: Int) {
    state.withLock { state in
      switch result {
      case .success(let value): state.values[index] = value
      case .failure(let error): state.failure = state.failure ?? error
      }
    }
  }

  func values() throws -> [Value] {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      return state.values.map { $0! }
    }
  }
}
