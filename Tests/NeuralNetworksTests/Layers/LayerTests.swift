import Autodiff
import CThreadState
import NeuralNetworks
import TestSupport
import Testing

@Suite struct LayerTests {
  @Test func dropoutDropsTheFractionPAndKeepsTheMean() {
    let layer = Sequential(Dropout(0.3))
    layer.initialize(seed: 1)
    let x = Tensor(repeating: 1, shape: [400, 250])
    let y = layer(x).values
    let dropped = Double(y.count { $0 == 0 }) / 100_000
    // Five standard deviations of the fraction of 0.3 in a hundred thousand.
    #expect(abs(dropped - 0.3) < 5 * (0.3 * 0.7 / 100_000).squareRoot())
    #expect(Set(y) == [0, 1 / Float(0.7)])
    #expect(layer(x).values != y)
    layer.initialize(seed: 1)
    #expect(layer(x).values == y)
    layer.initialize(seed: 2)
    #expect(layer(x).values != y)
    layer.evaluate()
    #expect(layer(x) === x)
  }

  /// In training mode each branch of a block drops by the block's seed; in evaluation mode none does.
  @Test(arguments: [TransformerBlock.NormPlacement.pre, .post])
  func aTransformerBlockDropsInBothBranches(_ placement: TransformerBlock.NormPlacement) {
    func block(dropout: Float) -> TransformerBlock {
      let block = TransformerBlock(8, heads: 2, placement: placement, dropout: dropout)
      block.initialize(seed: 1)
      return block
    }
    let x = Tensor(sampleValues(80), shape: [2, 5, 8]), plain = block(dropout: 0)(x).values
    let dropping = block(dropout: 0.3), once = dropping(x).values
    #expect(once != plain && dropping(x).values != once)
    #expect(block(dropout: 0.3)(x).values == once)
    dropping.evaluate()
    #expect(dropping(x).values == plain)
    for silent in [\TransformerBlock.attention.output, \.contract] {
      let block = block(dropout: 0.3)
      for (_, parameter) in block[keyPath: silent].parameters {
        parameter.set(Tensor(repeating: 0, shape: parameter.shape))
      }
      let trained = block(x).values
      block.evaluate()
      #expect(block(x).values != trained)
    }
  }

  private func deepNet(checkpointed: Bool) -> Sequential {
    let layers: [Module] = (0..<9).flatMap { _ in [Linear(8, 8), BatchNorm(8), Tanh(), Dropout(0.2)] }
    return Sequential(layers, checkpointed: checkpointed)
  }

  /// A step with random numbers and buffers is the same to the bit with checkpoints; hooks are called as often.
  @Test func checkpointsChangeNothing() throws {
    func train(_ checkpointed: Bool) throws -> (values: [[Float]], fired: [String]) {
      let net = deepNet(checkpointed: checkpointed)
      net.initialize(seed: 3)
      let optimizer = SGD(net, learningRate: 0.1)
      var fired: [String] = []
      try net.onForward("*") { site, output in
        fired.append("\(site.path) \(site.callIndex) \(output.rms)")
        return nil
      }
      try net.onBackward("*") { site, gradient in
        fired.append("\(site.path) \(site.callIndex) \(gradient.rms) back")
        return site.path == "5" ? gradient * 0.5 : nil
      }
      try net.onForward("3") { _, output in output * 2 }
      for step in 0..<3 {
        let x = Tensor(sampleValues(40, seed: UInt64(step + 1)), shape: [5, 8]).requiringGradient()
        (net(x) * net(x)).sum().backward()
        optimizer.step()
      }
      return (
        net.parameters.map { $0.parameter.value.values } + net.buffers.map { $0.buffer.value.values }
          + net.randomSources.map { [Float($0.source.stream!.position)] }, fired.sorted()
      )
    }
    let plain = try train(false), checkpointed = try train(true)
    #expect(plain.values == checkpointed.values)
    #expect(plain.fired == checkpointed.fired)
    #expect(plain.fired.count == 3 * 2 * 36 * 2)
  }

  /// Four times the layers need about twice the memory, besides that of the parameters' gradients.
  @Test func checkpointedMemoryGrowsAsTheRootOfDepth() {
    func activations(_ depth: Int, checkpointed: Bool) -> Double {
      let net = Sequential((0..<depth).map { _ in Sequential(Linear(4, 4), Tanh()) }, checkpointed: checkpointed)
      net.initialize(seed: 1)
      let x = Tensor(repeating: 1, shape: [2048, 4])
      // Gradients exist before, so that only activations are measured.
      net(x).sum().backward()
      let before = TensorMemory.inUse
      TensorMemory.resetPeak()
      net(x).sum().backward()
      return Double(TensorMemory.peak - before)
    }
    let plain = [16, 64, 256].map { activations($0, checkpointed: false) }
    let checkpointed = [16, 64, 256].map { activations($0, checkpointed: true) }
    for (less, more) in zip(plain, plain.dropFirst()) { #expect(more / less > 3.5) }
    for (less, more) in zip(checkpointed, checkpointed.dropFirst()) { #expect(more / less < 2.2) }
    // 256 outputs against 16 of segments, 16 inside one, and temporaries.
    #expect(checkpointed[2] < plain[2] / 7)
  }

  /// Every layer runs forward and backward on a batch of one, and on an empty one, where all gradients are 0.
  @Test(arguments: layerCases, [0, 1]) func emptyAndSingleBatches(_ layerCase: LayerCase, _ count: Int) {
    for shape in layerCase.shapes.map({ Shape([count] + $0.dropFirst()) }) {
      let point = layerCase.point(shape)
      let (layer, variables) = layerCase.layer(at: point)
      let statistics = layer.buffers.map { $0.buffer.value.values }
      let y = layer(variables[0])
      #expect(y.shape[0] == count && y.values.allSatisfy { $0.isFinite })
      y.sum().backward()
      if !(layer is Embedding) { #expect(variables[0].gradient?.shape == shape) }
      for (path, parameter) in layer.parameters {
        #expect(parameter.gradient?.shape == parameter.shape, "\(path)")
        if count == 0 { #expect(parameter.gradient?.values.allSatisfy { $0 == 0 } == true, "\(path)") }
      }
      if count == 0 { #expect(layer.buffers.map { $0.buffer.value.values } == statistics) }
    }
  }

  /// A single element is its channel's mean: x has no gradient, and the running variance is not updated.
  @Test(arguments: [Shape([1, 3]), [1, 1, 1, 3]]) func batchNormOfOneElementPerChannelIsTheBias(_ shape: Shape) {
    let norm = BatchNorm(3)
    norm.initialize(seed: 0)
    norm.bias.set(Tensor([1, -2, 3], shape: [3]))
    let x = Tensor([5, 0.5, -4], shape: shape).requiringGradient(), y = norm(x)
    (y * Tensor([2, 3, 5], shape: [3])).sum().backward()
    #expect(y.values == [1, -2, 3])
    #expect(x.gradient?.values == [0, 0, 0] && norm.weight.gradient?.values == [0, 0, 0])
    #expect(norm.bias.gradient?.values == [2, 3, 5])
    #expect(relativeDifference(norm.runningMean.value.values, [0.5, 0.05, -0.4]) < 1e-6)
    #expect(norm.runningVariance.value.values == [1, 1, 1])
  }

  /// The number of segments is the given one, and their sizes differ by at most one.
  @Test(arguments: 1...10) func theNumberOfSegmentsIsTheGivenOne(_ count: Int) {
    let net = Sequential((0..<10).map { _ in Tanh() }, checkpointed: true, segments: count)
    let before = thread_state_here().pointee.nodes
    _ = net(Tensor(repeating: 1, shape: [1]).requiringGradient())
    #expect(thread_state_here().pointee.nodes - before == Int64(count))
  }

  /// 1 / (1 − p) is not representable in 16 bits, and is not rounded before the multiplication.
  @Test(arguments: [Precision.bfloat16, .float16]) func dropoutIsUnbiasedInSixteenBits(_ precision: Precision) {
    let dropout = Dropout(0.15)
    dropout.initialize(seed: 1)
    let x = Tensor(sampleValues(400).map { $0 + 2 }, shape: [400]).cast(to: precision)
    let scaled = (x.cast(to: .float32) * (1 / (1 - Float(0.15)))).cast(to: precision)
    for (found, expected) in zip(dropout(x).values, scaled.values) { #expect(found == 0 || found == expected) }
  }

  @Test func aLayerWithoutInputsHasABias() {
    let layer = Linear(0, 2)
    layer.initialize(seed: 1)
    #expect(layer.bias!.value.values.allSatisfy { $0.isFinite })
  }
}
