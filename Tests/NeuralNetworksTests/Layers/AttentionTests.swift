import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// What the tables can't show of attention: masks come and go with a call, hooks see what they should, and fully masked rows are 0.
@Suite struct AttentionTests {
  private let x = Tensor(sampleValues(48, seed: 6), shape: [2, 3, 8])

  private func attention(_ make: () -> MultiHeadAttention = { MultiHeadAttention(8, heads: 2) }) -> MultiHeadAttention {
    let attention = make()
    attention.initialize(seed: 4)
    return attention
  }

  /// With a call under a mask between, a call without one gives the same as before.
  @Test func aMaskLastsForOneCall() {
    let attention = attention(), plain = attention(x).values
    let masked = attention(x, mask: AttentionMask(keyLengths: [2, 2])).values
    #expect(masked != plain && attention(x).values == plain)
    #expect(attention(x, mask: nil).values == plain)
    // A context that is the input itself.
    #expect(attention(x, x).values == plain && attention(x, x, x).values == plain)
  }

  /// Padding changes nothing: a sequence gives the same alone as padded.
  @Test func paddedKeysChangeNothing() {
    let attention = attention(), short = x.sliced(1, 0..<2)
    let padded = attention(x, mask: AttentionMask(keyLengths: [2, 2])).sliced(1, 0..<2)
    #expect(relativeDifference(padded.values, attention(short).values.map(Double.init)) < 1e-6)
  }

  /// Where nothing is allowed, weights and mixture are 0, so the output is the bias; nothing there is NaN, gradients included.
  @Test(arguments: [Precision.float32, .bfloat16]) func rowsWithoutKeysAreZero(_ precision: Precision) throws {
    let attention = attention(), x = x.requiringGradient()
    var rows: [Float] = []
    try attention.onForward("weights") { _, weights in
      rows = weights.values
      return nil
    }
    let y = withPrecision(precision) { attention(x, mask: AttentionMask(keyLengths: [0, 3])) }
    y.sum().backward()
    #expect(rows.prefix(18).allSatisfy { $0 == 0 } && !rows.suffix(18).contains(0))
    let bias = attention.output.bias!.value.cast(to: precision).values
    #expect((0..<3).allSatisfy { Array(y.values[8 * $0..<8 * $0 + 8]) == bias })
    #expect(x.gradient!.values.prefix(24).allSatisfy { $0 == 0 })
    #expect(attention.parameters.allSatisfy { $0.parameter.gradient!.values.allSatisfy(\.isFinite) })
  }

  /// A bias of the scores is trained, as relative positions are.
  @Test func anAddedMaskHasAGradient() {
    let attention = attention(), bias = Tensor(sampleValues(9), shape: [3, 3]).requiringGradient()
    square(attention(x, mask: AttentionMask(added: bias))).sum().backward()
    let step: Float = 1e-2
    func loss(_ change: Float) -> Double {
      var values = bias.values
      values[4] += change
      return Double(square(attention(x, mask: AttentionMask(added: Tensor(values, shape: [3, 3])))).sum().value)
    }
    let slope = (loss(step) - loss(-step)) / Double(2 * step)
    #expect(abs(Double(bias.gradient!.values[4]) - slope) < 1e-2 * abs(slope))
  }

  /// Grouped queries are attention whose heads of a group have equal keys and values.
  @Test func groupedQueriesShareKeys() {
    let grouped = attention { MultiHeadAttention(8, heads: 4, keyValueHeads: 2) }
    let full = attention { MultiHeadAttention(8, heads: 4) }
    for ((path, parameter), (_, other)) in zip(grouped.parameters, full.parameters) {
      guard path.hasPrefix("key") || path.hasPrefix("value") else {
        other.set(parameter.value)
        continue
      }
      let byHead = parameter.value.reshaped(Shape([2, 1, 2] + parameter.shape.dropFirst()))
      other.set(concatenated([byHead, byHead], axis: 1).reshaped(other.shape))
    }
    #expect(relativeDifference(grouped(x).values, full(x).values.map(Double.init)) < 1e-6)
    #expect(grouped.parameterCount == full.parameterCount - 2 * 4 * 9)
  }

  /// Scores depend on the distance of positions alone.
  @Test func rotaryScoresDependOnDistances() throws {
    func weights(offset: Int) throws -> [Float] {
      let attention = attention { MultiHeadAttention(8, heads: 2, rotary: RotaryEmbedding(4, offset: offset)) }
      var seen: [Float] = []
      try attention.onForward("weights") { _, weights in
        seen = weights.values
        return nil
      }
      _ = attention(x)
      return seen
    }
    let near = try weights(offset: 0), far = try weights(offset: 40)
    #expect(relativeDifference(far, near.map(Double.init)) < 1e-5)
    var seen: [Float] = []
    let plain = attention()
    try plain.onForward("weights") { _, weights in
      seen = weights.values
      return nil
    }
    _ = plain(x)
    #expect(relativeDifference(near, seen.map(Double.init)) > 1e-3)
  }

  /// A decoder that goes on after earlier positions: an offset stands for them.
  @Test func theOffsetContinuesASequence() {
    let rotary = RotaryEmbedding(4), x = Tensor(sampleValues(40), shape: [2, 5, 4])
    let whole = rotary(x)
    rotary.offset = 3
    #expect(rotary(x.sliced(1, 3..<5)).values == whole.sliced(1, 3..<5).values)
  }

  /// A checkpointed block under a mask has the same gradients.
  @Test func checkpointsKeepTheMask() {
    func gradients(checkpointed: Bool) -> [[Float]] {
      let block = TransformerBlock(8, heads: 2, hidden: 8)
      block.initialize(seed: 1)
      let body = { block(x, mask: AttentionMask(keyLengths: [1, 3])) }
      square(checkpointed ? Autodiff.checkpointed(body) : body()).sum().backward()
      return block.parameters.map { $0.parameter.gradient!.values }
    }
    #expect(gradients(checkpointed: true) == gradients(checkpointed: false))
  }

  @Test func descriptions() {
    #expect(
      MultiHeadAttention(8, heads: 4, isCausal: true, keyValueHeads: 2).details
        == "4 heads, 2 for keys and values, causal")
    #expect(MultiHeadAttention(8, heads: 4).details == "4 heads")
    #expect(
      RotaryEmbedding(4, base: 500, pairing: .interleaved, offset: 2).details == "4, interleaved, base 500.0, offset 2")
    #expect(GroupNorm(2, 6).details == "6, 2 groups" && InstanceNorm(3).details == "3")
    #expect(
      StochasticDepth(0.5).details == "0.5" && SpectralNorm(Linear(2, 2), iterations: 2).details == "2 iterations")
    #expect(SwiGLU(4, hidden: 6).parameters.map(\.path) == ["gate.weight", "expand.weight", "contract.weight"])
    #expect(PReLU().parameters.map(\.path) == ["weight"])
  }
}
