import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

@Suite struct HookMemoryTests {
  /// In a process of its own, so that no other test uses its memory.
  @Test func aHundredThousandAttachmentsLeaveMemoryFlat() async {
    await #expect(processExitsWith: .success) {
      useThreads(1)
      let net = Sequential(Linear(5, 5), ReLU(), Linear(5, 5))
      net.initialize(seed: 1)
      let inputs = samples(4, 5), optimizer = SGD(net, learningRate: 0)
      func cycle(_ index: Int) throws {
        let handles = [
          try net.onInput("0") { _, _ in nil }, try net.onForward("*") { _, _ in nil },
          try net.onBackward("*") { _, gradient in gradient * 2 }, try net.onInputGradient("2") { _, _ in nil },
          try net.onParameterGradient("0.weight") { _, _ in nil }, optimizer.beforeStep { _ in },
          optimizer.afterStep { _ in },
        ]
        if index % 10 == 0 {
          net(inputs).sum().backward()
          optimizer.step()
        }
        for handle in handles { handle.remove() }
      }
      for index in 0..<5000 { try cycle(index) }
      let before = (allocatedBytes(), TensorMemory.inUse)
      for index in 0..<100_000 { try cycle(index) }
      let after = (allocatedBytes(), TensorMemory.inUse)
      try #require(after.1 == before.1, "tensors: \(before.1) → \(after.1) bytes")
      try #require(after.0 - before.0 < 64 << 10, "malloc: \(before.0) → \(after.0) bytes")
      try #require(!net.hasHooks)
    }
  }
}
