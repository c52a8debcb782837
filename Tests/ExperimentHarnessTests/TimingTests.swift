import ExperimentHarness
import Experiments
import Foundation
import TestSupport
import Testing

/// In a process of its own, because the processor time of other tests would be counted.
@Suite struct TimingTests {
  private static func isSo(_ check: @escaping @Sendable (TrialContext) -> Bool) throws {
    let variant = Variant("v", "") { context in context.report("is so", check(context) ? 1 : 0) }
    let experiment = Experiment(
      name: "x", question: "?", settings: [], variants: [variant],
      claims: [Claim(.finding, "it is so", variant, "is so", .exactly(1), source: "")], figures: [], isTimed: true)
    try withTemporaryFolder { folder in
      let options = RunOptions(output: folder, command: "")
      let outcome = try experiment.run(experiment.settings(in: .quick), options, console: Console(isQuiet: true))
      guard outcome.failed.isEmpty else { exit(1) }
    }
  }

  private static func work(_ count: Int) { for _ in 0..<count { _ = sha() } }
  private static func sha() -> String { digest(of: Data(repeating: 1, count: 10_000)) }

  @Test func waitingTakesNoProcessorTime() async {
    await #expect(processExitsWith: .success) {
      try Self.isSo { context in
        let waiting = context.seconds(ofBest: 3) { usleep(20_000) }
        var calls = 0
        let once = context.seconds(of: {
          calls += 1
          Self.work(100)
        })
        return waiting >= 0 && waiting < 0.005 && context.seconds(ofBest: 3) { Self.work(100) } > 0.005 && once > 0.005
          && calls == 1
      }
    }
  }

  @Test func bodiesAreTimedInTurn() async {
    await #expect(processExitsWith: .success) {
      try Self.isSo { context in
        var order: [Int] = []
        let times = context.seconds(
          ofBest: 2,
          alternating: [
            {
              order.append(0); Self.work(10)
            },
            {
              order.append(1); Self.work(40)
            },
          ])
        return order == [0, 1, 0, 1, 0, 1] && times.count == 2 && times[1] / times[0] > 2 && times[1] / times[0] < 8
      }
    }
  }
}
