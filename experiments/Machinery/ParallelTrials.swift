import Foundation
import Rheoscope

/// Trains several trials at a time, each on a thread of its own: tensors belong to their thread, so trials share nothing but
/// the data, and numbers don't depend on how many run at once.
struct ParallelTrials {
  let trials: [Trial]
  /// How many at a time.
  let jobs: Int
  /// Threads for the matrix products of each.
  let threads: Int

  /// Trains all, in order as far as possible. `progress` is told, on the calling thread and a few times a second, how many
  /// steps of how many are done; `notice` each thing that the user should know. The first error ends the work and is thrown.
  func run(progress: (_ done: Int, _ total: Int) -> Void, notice: (String) -> Void) throws -> [TrialResult] {
    let shared = Shared(count: trials.count)
    for _ in 0..<min(jobs, trials.count) {
      let thread = Thread { [trials, threads] in
        useThreads(threads)
        while let index = shared.takeNext() {
          let result = Result {
            try trials[index].train(onStep: { _ in shared.countStep() }, onNotice: { shared.add(notice: $0) })
          }
          shared.finish(index, result)
        }
      }
      // Nets are called recursively, and deep ones need room.
      thread.stackSize = 64 << 20
      thread.start()
    }
    let total = trials.reduce(0) { $0 + $1.settings.steps }
    while true {
      let state = shared.waitBriefly()
      state.notices.forEach(notice)
      progress(state.steps, total)
      if state.isDone { break }
    }
    return try shared.results()
  }
}

/// What the threads tell each other, under one lock.
private final class Shared: @unchecked Sendable {
  private let condition = NSCondition()
  private var next = 0
  private var running = 0
  private var steps = 0
  private var notices: [String] = []
  private var finished: [Result<TrialResult, any Error>?]

  init(count: Int) { finished = Array(repeating: nil, count: count) }

  private func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
    condition.lock()
    defer { condition.unlock() }
    return try body()
  }

  private var failed: Bool { finished.contains { if case .failure = $0 { true } else { false } } }

  /// The next trial to train; none after an error.
  func takeNext() -> Int? {
    locked {
      guard next < finished.count, !failed else { return nil }
      next += 1
      running += 1
      return next - 1
    }
  }

  func countStep() { locked { steps += 1 } }
  func add(notice: String) { locked { notices.append(notice) } }

  func finish(_ index: Int, _ result: Result<TrialResult, any Error>) {
    locked {
      finished[index] = result
      running -= 1
      condition.broadcast()
    }
  }

  func waitBriefly() -> (isDone: Bool, steps: Int, notices: [String]) {
    locked {
      if !isDone { condition.wait(until: Date(timeIntervalSinceNow: 0.1)) }
      defer { notices = [] }
      return (isDone, steps, notices)
    }
  }

  private var isDone: Bool { running == 0 && (failed || !finished.contains { $0 == nil }) }

  func results() throws -> [TrialResult] {
    try locked {
      for case .failure(let error)? in finished { throw error }
      return try finished.map { try $0!.get() }
    }
  }
}
