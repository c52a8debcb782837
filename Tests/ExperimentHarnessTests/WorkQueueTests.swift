import ExperimentHarness
import Experiments
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct WorkQueueTests {
  private struct Failure: Error, Equatable {}

  @Test(arguments: [1, 2, 5]) func resultsAreInTheOrderOfTheItems(_ threads: Int) throws {
    let results = try mapInParallel(Array(0..<20), threads: threads) { item in
      usleep(UInt32((20 - item) * 100))
      return item * item
    }
    #expect(results == (0..<20).map { $0 * $0 })
  }

  @Test func theFirstErrorEndsTheWork() {
    let begun = Mutex(0)
    #expect(throws: Failure()) {
      try mapInParallel(Array(0..<1000), threads: 2) { item in
        begun.withLock { $0 += 1 }
        if item == 3 { throw Failure() }
        usleep(1000)
      }
    }
    #expect(begun.withLock { $0 } < 100)
  }

  @Test func stacksAreDeep() throws {
    let sizes = try mapInParallel([0], threads: 1) { _ in Thread.current.stackSize }
    #expect(sizes == [64 << 20])
  }
}
