import Foundation

extension TrialContext {
  /// The least processor time in seconds of `count` calls, after one call that is not measured. All threads of this process count,
  /// other processes don't. An experiment that reports times should be `isTimed`, and report them with `.never`.
  public func seconds(ofBest count: Int = 5, _ body: () throws -> Void) rethrows -> Double {
    try body()
    return try (0..<count).map { _ in try processorSeconds(body) }.min() ?? .nan
  }

  /// The processor time in seconds of one call, for work that is too long to repeat.
  public func seconds(of body: () throws -> Void) rethrows -> Double { try processorSeconds(body) }

  /// The least processor time in seconds of `count` calls of each body, after one call of each that is not measured. The bodies are
  /// called in turn, so that a machine that is slow for a while slows all of them.
  public func seconds(ofBest count: Int, alternating bodies: [() -> Void]) -> [Double] {
    for body in bodies { body() }
    let rounds = (0..<count).map { _ in bodies.map { processorSeconds($0) } }
    return bodies.indices.map { body in rounds.map { $0[body] }.min() ?? .nan }
  }
}

/// The processor time of a call, of all threads of this process.
private func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
  func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
  let begin = now()
  try body()
  return now() - begin
}
