import Foundation

/// How many cases a test takes: a few as part of ./test, many where the environment says RHEOSCOPE_FULL=1, as `.ci/full` does.
public func cases(_ few: Int, full many: Int) -> Int {
  isFull ? many : few
}

/// Whether tests with random input take all their cases.
public let isFull = ProcessInfo.processInfo.environment["RHEOSCOPE_FULL"] == "1"

/// The most memory that this process and any that it started have used, in bytes.
public func peakMemory() -> Int {
  [RUSAGE_SELF, RUSAGE_CHILDREN].map { who in
    var usage = rusage()
    getrusage(__rusage_who_t(who.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }.max()!
}

/// The seconds of processor time that this thread has used, which do not grow while other programs run.
public func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
