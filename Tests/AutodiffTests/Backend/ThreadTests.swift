import Autodiff
import Foundation
import TestSupport
import Testing

/// How many threads products use, and what they do between products. Each in a process of its own, whose settings nobody else sees.
@Suite struct ThreadTests {
  @Test func environmentAndProcessorsLimitThreads() async {
    await #expect(processExitsWith: .success) {
      setenv("OMP_NUM_THREADS", "1", 1)
      #expect(threadCount == 1)
    }
    await #expect(processExitsWith: .success) {
      setenv("OMP_NUM_THREADS", "64,2", 1)
      setenv("SLURM_CPUS_PER_TASK", "1", 1)
      #expect(threadCount == 1)
    }
    await #expect(processExitsWith: .success) {
      setenv("OMP_NUM_THREADS", "100000", 1)
      unsetenv("SLURM_CPUS_PER_TASK")
      #expect(threadCount <= ProcessInfo.processInfo.activeProcessorCount && threadCount >= 1)
    }
    await #expect(processExitsWith: .success) {
      for name in ["OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"] { setenv(name, "none", 1) }
      useOneProcessor()
      #expect(threadCount == 1)
      useThreads(3)
      #expect(threadCount == 3)
    }
  }

  @Test func smallProductsRunOnOneThread() async {
    await #expect(processExitsWith: .success) {
      useThreads(2)
      let before = try runningThreads()
      _ = ThreadTests.product(128)
      #expect(try runningThreads() == before)
      _ = ThreadTests.product(512)
      #expect(try runningThreads() == before + 1)
      #expect(threadCount == 2)
    }
  }

  /// An image is convolved with as many operations as its pixels, outputs and kernels say.
  @Test func smallConvolutionsRunOnOneThread() async {
    await #expect(processExitsWith: .success) {
      useThreads(2)
      let before = try runningThreads()
      func convolved(_ size: Int) {
        let x = Tensor(repeating: 1, shape: [2, size, size, 16]), weight = Tensor(repeating: 1, shape: [16, 16, 3, 3])
        _ = convolve(x, weight: weight, padding: 1)
      }
      convolved(16)
      #expect(try runningThreads() == before)
      convolved(128)
      #expect(try runningThreads() == before + 1)
    }
  }

  /// Without a product to compute, threads sleep: in a loop they would take the processors from other programs.
  @Test func waitingThreadsSleep() async {
    await #expect(processExitsWith: .success) {
      for name in ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"] { try #require(getenv(name) == nil) }
      useThreads(2)
      var waited = 0.0
      for _ in 0..<20 {
        _ = ThreadTests.product(512)
        let begin = ThreadTests.processorSeconds()
        usleep(20_000)
        waited += ThreadTests.processorSeconds() - begin
      }
      #expect(waited < 0.01, "\(waited) s of processor time while nothing was computed")
    }
  }

  /// Where a product is shared among threads, each computes elements of its own, so the bits are those of one thread.
  @Test func bitsDoNotDependOnThreads() async {
    await #expect(processExitsWith: .success) {
      useThreads(1)
      let (small, large) = (ThreadTests.product(96), ThreadTests.product(512))
      useThreads(2)
      #expect(ThreadTests.product(96) == small && ThreadTests.product(512) == large)
    }
  }

  private static func product(_ size: Int) -> [Float] {
    let values = sampleValues(size * size)
    return matmul(Tensor(values, shape: [size, size]), Tensor(values.reversed(), shape: [size, size])).values
  }

  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

private func runningThreads() throws -> Int {
  try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
}

/// Restricts the process to the first of its processors.
private func useOneProcessor() {
  // The header that declares them is not in Swift's module of the C library.
  typealias Call = @convention(c) (pid_t, Int, UnsafeMutableRawPointer) -> Int32
  let get = unsafeBitCast(dlsym(nil, "sched_getaffinity"), to: Call.self)
  let set = unsafeBitCast(dlsym(nil, "sched_setaffinity"), to: Call.self)
  var mask = [UInt64](repeating: 0, count: 16)
  #expect(get(0, 8 * mask.count, &mask) > -1)
  let word = mask.firstIndex { $0 != 0 }!, first = mask[word] & (~mask[word] + 1)
  mask = mask.indices.map { $0 == word ? first : 0 }
  #expect(set(0, 8 * mask.count, &mask) == 0)
}
