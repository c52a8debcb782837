import Foundation
import Synchronization

/// Does pieces of work on several threads and returns what they return, in the order of the pieces. The first error ends it:
/// no new piece is begun, and the error is thrown when those under way have ended.
///
/// Threads of Foundation rather than tasks, since a deep net needs a deep stack and its tensors belong to one thread.
package func onThreads<Piece: Sendable, Answer: Sendable>(
  _ count: Int, _ pieces: [Piece], _ work: @escaping @Sendable (Piece) throws -> Answer
) throws -> [Answer] {
  let desk = WorkQueue<Answer>(pieces.count)
  let group = DispatchGroup()
  for _ in 0..<min(count, pieces.count) {
    group.enter()
    let thread = Thread {
      while let index = desk.take() { desk.put(Result { try work(pieces[index]) }, at: index) }
      group.leave()
    }
    thread.stackSize = 64 << 20
    thread.start()
  }
  group.wait()
  return try desk.answers()
}

/// Where threads take pieces of work from and put the answers.
private final class WorkQueue<Answer: Sendable>: Sendable {
  private struct State {
    var next = 0
    var answers: [Answer?]
    var failure: (any Error)?
  }
  private let state: Mutex<State>
  private let count: Int

  init(_ count: Int) {
    self.count = count
    state = Mutex(State(answers: Array(repeating: nil, count: count)))
  }

  func take() -> Int? {
    state.withLock { state in
      guard state.failure == nil, state.next < count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  func put(_ answer: Result<Answer, any Error>, at index: Int) {
    state.withLock { state in
      switch answer {
      case .success(let value): state.answers[index] = value
      case .failure(let error): state.failure = state.failure ?? error
      }
    }
  }

  func answers() throws -> [Answer] {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      return state.answers.map { $0! }
    }
  }
}
