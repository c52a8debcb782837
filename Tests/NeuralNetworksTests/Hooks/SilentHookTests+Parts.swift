import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// Loops that call parts of a model, but never the model itself.
extension SilentHookTests {
  /// The loop calls only parts of the model, and the hooks are never removed.
  @Test func aModelOfWhichOnlyPartsAreCalledIsReported() async throws {
    let trained = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try SilentHookTests.callParts(isTrained: true)
    }
    let called = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try SilentHookTests.callParts(isTrained: false)
    }
    let why = "parts of the model are called but never the model itself, and "
    let expected = [
      "rheoscope: the forward hook at the model itself was not called: \(why)nothing called this module",
      "rheoscope: the input hook at “unused” was not called: \(why)nothing called this module",
    ]
    #expect(try lines(called) == expected)
    #expect(
      try lines(trained) == expected + [
        "rheoscope: the backward hook at the model itself was not called: \(why)no gradient reached it"
      ])
  }

  private static func callParts(isTrained: Bool) throws {
    let net = net()
    try net.onForward("") { _, _ in nil }
    try net.onInput("unused") { _, _ in nil }
    try net.onForward("used") { _, _ in nil }
    try net.onBackward("") { _, _ in nil }
    try net.onBackward("used") { _, _ in nil }
    for _ in 0..<(isTrained ? 12 : 1002) {
      let output = net.used(net.aside(samples(4, 5)))
      if isTrained { output.sum().backward() }
    }
    precondition(net.hasHooks)
  }

  @Test func partsThatAreAllCalledCauseNoWarning() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = SilentHookTests.net()
      let handles = [
        try net.onForward("*sed") { _, _ in nil }, try net.onInput("aside") { _, _ in nil },
        try net.onBackward("used") { _, _ in nil },
      ]
      for _ in 0..<12 {
        // Twenty calls of a part come before the next one's.
        let hidden = (0..<20).reduce(samples(4, 5)) { state, _ in net.aside(state) }
        net.used(net.unused(hidden)).sum().backward()
      }
      precondition(net.unused.hasHooks)
      for handle in handles { handle.remove() }
      precondition(!net.hasHooks)
    }
    #expect(try lines(result) == [])
  }
}
