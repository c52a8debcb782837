import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

/// Attaching, calling and removing many hooks takes time in proportion to their number.
@Suite(.serialized) struct ManyHooksTests {
  private static let count = 4_000

  /// The seconds of attaching `count` hooks, one call with a backward pass, and removing them in an order.
  private static func seconds(
    _ attach: (Module, Optimizer) throws -> HookHandle, removing order: ([HookHandle]) -> [HookHandle]
  ) throws -> Double {
    let net = Sequential(Linear(3, 3), ReLU(), Linear(3, 3)), optimizer = SGD(net, learningRate: 0.1)
    net.initialize(seed: 1)
    let x = Tensor(repeating: 1, shape: [2, 3]).requiringGradient()
    let begin = ProcessInfo.processInfo.systemUptime
    let handles = try (0..<count).map { _ in try attach(net, optimizer) }
    net(x).sum().backward()
    optimizer.step()
    for handle in order(handles) { handle.remove() }
    net(x).sum().backward()
    let seconds = ProcessInfo.processInfo.systemUptime - begin
    #expect(!net.hasHooks)
    return seconds
  }

  @Test func timeIsLinear() throws {
    let attachments: [(Module, Optimizer) throws -> HookHandle] = [
      { net, _ in try net.onInput("0") { _, _ in nil } },
      { net, _ in try net.onForward("0") { _, _ in nil } },
      { net, _ in try net.onBackward("0") { _, _ in nil } },
      { net, _ in try net.onInputGradient("0") { _, _ in nil } },
      { net, _ in try net.onParameterGradient("0.weight") { _, _ in nil } },
      { _, optimizer in optimizer.beforeStep { _ in } },
      { _, optimizer in optimizer.afterStep { _ in } },
    ]
    for attach in attachments {
      for order: ([HookHandle]) -> [HookHandle] in [{ $0 }, { $0.reversed() }] {
        #expect(try Self.seconds(attach, removing: order) < 1)
      }
    }
  }

  /// Hooks that are removed while a call runs are not called by the modules that are called later in it, and are dropped.
  @Test func aHookMayRemoveOthersDuringACall() throws {
    let net = Sequential(Linear(3, 3), ReLU())
    net.initialize(seed: 1)
    var calls: [String] = [], later: [HookHandle] = []
    let first = try net.onForward("0") { site, _ in
      calls.append(site.path)
      for handle in later { handle.remove() }
      return nil
    }
    later = try (0..<3).map { _ in
      try net.onForward("1") { site, _ in
        calls.append(site.path)
        return nil
      }
    }
    _ = net(Tensor(repeating: 1, shape: [2, 3]))
    #expect(calls == ["0"])
    first.remove()
    #expect(!net.hasHooks)
  }

  /// The order of calls is that of attachment, whatever was removed in between.
  @Test func orderStays() throws {
    let net = Sequential(HookPoint())
    net.initialize(seed: 1)
    var calls: [Int] = []
    var handles: [Int: HookHandle] = [:]
    func attach(_ number: Int) throws {
      handles[number] = try net.onForward("0") { _, _ in
        calls.append(number)
        return nil
      }
    }
    for number in 0..<10 { try attach(number) }
    for number in [3, 0, 9, 4] { handles.removeValue(forKey: number)?.remove() }
    try attach(10)
    try attach(3)
    _ = net(Tensor(1))
    #expect(calls == [1, 2, 5, 6, 7, 8, 10, 3])
    for handle in handles.values { handle.remove() }
    calls = []
    _ = net(Tensor(1))
    #expect(calls.isEmpty && !net.hasHooks)
  }
}
