import Autodiff
import TestSupport
import Testing

@Suite struct CheckpointTests {
  private let width = 8

  private func chain(_ x: Tensor, _ weights: [Tensor]) -> Tensor { weights.reduce(x) { tanh(linear($0, weight: $1)) } }

  private func weights(_ count: Int) -> [Tensor] {
    (0..<count).map { Tensor(sampleValues(64, seed: UInt64($0 + 1)), shape: [8, 8]).requiringGradient() }
  }

  /// All gradients of a chain of twelve layers in segments of `size`, or whole. As in training, the precision holds for the
  /// forward pass alone.
  private func gradients(segmentSize size: Int?, _ precision: Precision) -> [[Float]] {
    let layers = weights(12)
    let x = Tensor(sampleValues(40, seed: 99), shape: [5, 8]).requiringGradient()
    var y = x
    withPrecision(precision) {
      if let size {
        for first in stride(from: 0, to: 12, by: size) {
          let input = y
          y = checkpointed { chain(input, Array(layers[first..<first + size])) }
        }
      } else {
        y = chain(x, layers)
      }
    }
    #expect(y.precision == precision)
    (y * y).sum().backward()
    return ([x] + layers).map { $0.gradient!.values }
  }

  @Test(arguments: [1, 3, 12], [Precision.float32, .bfloat16, .float16])
  func gradientsAreBitIdentical(_ size: Int, _ precision: Precision) {
    #expect(gradients(segmentSize: size, precision) == gradients(segmentSize: nil, precision))
  }

  @Test func nestedOnesAndWhatTheyCapture() {
    func gradients(_ checkpoints: Bool) -> [[Float]] {
      let layers = weights(3), x = Tensor(sampleValues(8), shape: [1, 8]).requiringGradient()
      // Captured from outside, and deeper on the tape than the checkpoint's own input.
      let deep = chain(x, layers)
      func inner() -> Tensor { chain(x, layers) * deep }
      func outer() -> Tensor { (checkpoints ? checkpointed(inner) : inner()) + chain(deep, [layers[0]]) }
      let y = checkpoints ? checkpointed(outer) : outer()
      (y * deep).sum().backward()
      return ([x] + layers).map { $0.gradient!.values }
    }
    #expect(gradients(true) == gradients(false))
  }

  @Test func memoryIsThatOfOneSegment() {
    let layers = weights(64), x = Tensor(repeating: 1, shape: [512, 8]).requiringGradient()
    func peak(_ segment: Int) -> Int {
      let before = TensorMemory.inUse
      TensorMemory.resetPeak()
      var y = x
      for first in stride(from: 0, to: 64, by: segment) {
        let input = y
        y = checkpointed { chain(input, Array(layers[first..<first + segment])) }
      }
      y.sum().backward()
      for tensor in layers + [x] { tensor.gradient = nil }
      return TensorMemory.peak - before
    }
    let activation = 512 * 8 * 4
    // 64 layers at once keep an activation each; 8 segments of 8 keep 8 inputs and one segment.
    #expect(peak(64) > 64 * activation)
    #expect(peak(8) < (8 + 8 + 8) * activation)
  }

  @Test func gradientsOfGradientsPassThrough() {
    func second(_ checkpoints: Bool) -> [Float] {
      let layers = weights(2), x = Tensor(sampleValues(8), shape: [1, 8]).requiringGradient()
      let y = checkpoints ? checkpointed { chain(x, layers) } : chain(x, layers)
      let first = Autodiff.gradients(of: (y * y).sum(), withRespectTo: [x], keepingTape: true)[0]
      return Autodiff.gradients(of: (first * first).sum(), withRespectTo: [x])[0].values
    }
    #expect(relativeDifference(second(true), second(false)) < 1e-5)
  }

  @Test func whatWasReplayedIsTheSameAgain() {
    var draws = 0
    let x = Tensor(3).requiringGradient()
    var seen: [Float] = []
    let y = checkpointed {
      let factor = replayed { () -> Float in
        draws += 1
        return Float(draws)
      }
      seen.append(factor)
      return x * factor
    }
    y.backward()
    #expect(draws == 1)
    #expect(seen == [1, 1])
    #expect(x.gradient?.value == 1)
  }

  @Test func anIdentityAndOneWithoutGradients() {
    let x = Tensor(3).requiringGradient()
    checkpointed { x }.backward()
    #expect(x.gradient?.value == 1)
    let constant = checkpointed { Tensor(2) * 2 }
    (constant * x).backward()
    #expect(x.gradient?.value == 5)
    #expect(withoutGradients { checkpointed { x * 2 } }.isOnTape == false)
  }

  /// A body that asks for less when it is computed again computes something else.
  @Test func aBodyThatChangesStops() async {
    await #expect(processExitsWith: .failure) {
      var isTraining = true
      let x = Tensor([1, 2], shape: [2]).requiringGradient()
      let y = checkpointed { isTraining ? x * replayed { 2 } : x }
      isTraining = false
      y.sum().backward()
    }
  }
}
