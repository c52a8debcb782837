import Autodiff
import TestSupport
import Testing

@Suite struct DenormalTests {
  private struct Interruption: Error {}

  private let least = Tensor(repeating: .leastNonzeroMagnitude, shape: [37])

  /// Whether 3 · 1.4·10⁻⁴⁵ is what it should be, by its bits: where such numbers are taken as 0, they are equal to 0.
  private func keepsThem() -> Bool { (least * 3).values.allSatisfy { $0.bitPattern == 3 } }

  private func flushesThem() -> Bool { (least * 3).values.allSatisfy { $0.bitPattern == 0 } }

  @Test func areKeptUnlessTheyAreFlushed() throws {
    #expect(keepsThem())
    withDenormalsFlushed {
      #expect(flushesThem())
      #expect((least * 1e38).values.allSatisfy { $0.bitPattern == 0 }, "as operands")
      withDenormalsFlushed { #expect(flushesThem()) }
      #expect(flushesThem(), "an inner scope leaves the outer one as it is")
      let normal = Tensor(repeating: .leastNormalMagnitude, shape: [37]) * 2
      #expect(normal.values.allSatisfy { $0 == 0x1p-125 })
    }
    #expect(keepsThem())
    #expect(throws: Interruption.self) { try withDenormalsFlushed { throw Interruption() } }
    #expect(keepsThem())
  }

  /// Gradients too, whatever thread of oneDNN's computes them. In a process of its own, where two threads can be asked for.
  @Test func onAllThreadsThatShareAProduct() async {
    await #expect(processExitsWith: .success) { DenormalTests.flushOn(threads: 1) }
    await #expect(processExitsWith: .success) { DenormalTests.flushOn(threads: 2) }
  }

  private static func flushOn(threads: Int) {
    useThreads(threads)
    let x = Tensor(repeating: 1e-30, shape: [512, 256]).requiringGradient()
    let weight = Tensor(repeating: 1e-11, shape: [256, 256])
    /// Sums of 256 terms of 10⁻⁴¹, forward and, from an upstream gradient of 10⁻³⁰, backward.
    func tiny() -> [Float] {
      let y = linear(x, weight: weight)
      let slope = gradients(of: (y * 1e-30).sum(), withRespectTo: [x])[0]
      return y.values + slope.values
    }
    for _ in 0..<3 {
      #expect(tiny().allSatisfy { $0 > 0 && $0 < .leastNormalMagnitude })
      #expect(withDenormalsFlushed(tiny).allSatisfy { $0 == 0 })
    }
  }
}
