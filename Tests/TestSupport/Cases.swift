import Foundation

/// How many cases a test takes: a few as part of ./test, many where the environment says RHEOSCOPE_FULL=1, as `.ci/full` does.
public func cases(_ few: Int, full many: Int) -> Int {
  ProcessInfo.processInfo.environment["RHEOSCOPE_FULL"] == "1" ? many : few
}
