import Autodiff
import CKernels
import NeuralNetworks
import TestSupport
import Testing

@Suite struct LayerTests {
  @Test func dropoutDropsItsShareAndKeepsTheMean() {
    let layer = Sequential(Dropout(0.3))
    layer.initialize(seed: 1)
    let x = Tensor(repeating: 1, shape: [400, 250])
    let y = layer(x).values
    let dropped = Double(y.count { $0 == 0 }) / 100_000
    // Five standard deviations of a share of 0.3 among a hundred thousand.
    #expect(abs(dropped - 0.3) < 5 * (0.3 * 0.7 / 100_000).squareRoot())
    #expect(Set(y) == [0, 1 / 0.7])
    #expect(layer(x).values != y)
    layer.initialize(seed: 1)
    #expect(layer(x).values == y)
    layer.initialize(seed: 2)
    #expect(layer(x).values != y)
    layer.evaluate()
    #expect(layer(x) === x)
  }

  private func deepNet(checkpointed: Bool) -> Sequential {
    let layers: [Module] = (0..<9).flatMap { _ in [Linear(8, 8), BatchNorm(8), Tanh(), Dropout(0.2)] }
    return Sequential(layers, checkpointed: checkpointed)
  }

  /// A step, with everything random or gathered in it, is the same to the bit with checkpoints; hooks fire as often.
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
        net.parameters.map { $0.parameter.value.values } + net.statistics.map { $0.statistic.value.values }
          + net.randomSources.map { [Float($0.source.stream!.position)] }, fired.sorted()
      )
    }
    let plain = try train(false), checkpointed = try train(true)
    #expect(plain.values == checkpointed.values)
    #expect(plain.fired == checkpointed.fired)
    #expect(plain.fired.count == 3 * 2 * 36 * 2)
  }

  /// Four times the layers take about twice the memory beyond what the parameters' gradients take.
  @Test func checkpointedMemoryGrowsAsTheRootOfDepth() {
    func activations(_ depth: Int, checkpointed: Bool) -> Double {
      let net = Sequential((0..<depth).map { _ in Sequential(Linear(4, 4), Tanh()) }, checkpointed: checkpointed)
      net.initialize(seed: 1)
      let x = Tensor(repeating: 1, shape: [2048, 4])
      // Gradients are there from the start, so that what grows is activations alone.
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
    // 256 outputs against 16 of segments and 16 in one, and what is under way.
    #expect(checkpointed[2] < plain[2] / 7)
  }

  /// Every layer runs forward and backward on a batch of one and on an empty one, but for batch normalization, whose moments
  /// an empty batch has not.
  @Test(
    arguments: layerCases.filter { !$0.description.hasPrefix("BatchNorm") } + [
      LayerCase(description: "MaxPool2d", shapes: imageShapes) { MaxPool2d(window: 2) },
      LayerCase(description: "Dropout", shapes: rowShapes) { Dropout() },
      LayerCase(description: "LayerNorm of width 1", shapes: [[2, 1]]) { LayerNorm(1) },
      LayerCase(description: "Embedding", shapes: [[2, 3]], domain: { abs($0).rounded() }) { Embedding(3, 4) },
    ], [0, 1])
  func emptyAndSingleBatches(_ layerCase: LayerCase, _ count: Int) {
    for shape in layerCase.shapes.map({ Shape([count] + $0.dropFirst()) }) {
      let layer = layerCase.make()
      layer.initialize(seed: 0)
      let x = Tensor(sampleValues(shape.elementCount).map(layerCase.domain), shape: shape).requiringGradient()
      let y = layer(x)
      #expect(y.shape[0] == count)
      y.sum().backward()
      if layer.kind != "Embedding" { #expect(x.gradient?.shape == shape) }
      for (path, parameter) in layer.parameters {
        #expect(parameter.gradient?.shape == parameter.shape, "\(path)")
        if count == 0 { #expect(parameter.gradient?.values.allSatisfy { $0 == 0 } == true, "\(path)") }
      }
    }
  }

  @Test func wrongShapesNameLayerAndShapes() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Sequential(Identity(), Conv2d(3, 4, window: 3))
      net.initialize(seed: 0)
      _ = net(Tensor(repeating: 0, shape: [1, 8, 8, 2]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("convolve in 1 (Conv2d): shapes [1, 8, 8, 2] and [4, 3, 3, 3] don't fit"))
  }

  @Test func anEmbeddingStopsAtRowsItHasNot() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let table = Embedding(5, 2)
      table.initialize(seed: 0)
      _ = table(Tensor([1, 5], shape: [2]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("5.0 at place 1 names no row, they are 0 to 4"))
  }

  private func text(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  /// Broadcasting must not let a wrong number of channels pass.
  @Test func normalizationsStopAtOtherNumbersOfChannels() async {
    let trained = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Sequential(BatchNorm(1))
      net.initialize(seed: 0)
      _ = net(Tensor(repeating: 0, shape: [2, 3]))
    }
    #expect(text(trained).contains("batch normalization in 0 (BatchNorm): shapes [2, 3] and [1] don't fit"))
    let evaluated = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Sequential(BatchNorm(3))
      net.initialize(seed: 0)
      net.evaluate()
      _ = net(Tensor(repeating: 0, shape: [2, 1]))
    }
    #expect(text(evaluated).contains("batch normalization in 0 (BatchNorm): shapes [2, 1] and [3] don't fit"))
    let byRow = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Sequential(Identity(), Sequential(LayerNorm(3)))
      net.initialize(seed: 0)
      _ = net(Tensor(repeating: 0, shape: [2, 4]))
    }
    #expect(text(byRow).contains("layer normalization in 1.0 (LayerNorm): shapes [2, 4] and [3] don't fit"))
  }

  @Test func layersSayWhichShapesTheyNeed() async {
    let linear = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Sequential(Residual(ReLU(), Linear(4, 4)), Linear(4, 2))
      net.initialize(seed: 0)
      _ = net(Tensor(repeating: 0, shape: [2, 3]))
    }
    #expect(text(linear).contains("linear in 0.1 (Linear): shapes [2, 3] and [4, 4] don't fit"))
    let attention = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Sequential(TransformerBlock(4, heads: 2))
      net.initialize(seed: 0)
      _ = net(Tensor(repeating: 0, shape: [2, 4]))
    }
    #expect(
      text(attention).contains("MultiHeadAttention in 0.attention (MultiHeadAttention): sequences [n, length, wid"))
    let pool = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Sequential(MaxPool2d(window: 2, padding: 1))
      net.initialize(seed: 0)
      _ = net(Tensor(repeating: 0, shape: [1, 0, 4, 3]))
    }
    #expect(
      text(pool).contains("maxPool in 0 (MaxPool2d): a window of 2 doesn't fit into images of shape [1, 0, 4, 3]"))
    let residual = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Sequential(Residual(Linear(3, 4)))
      net.initialize(seed: 0)
      _ = net(Tensor(repeating: 0, shape: [2, 3]))
    }
    #expect(text(residual).contains("Residual in 0 (Residual): shapes [2, 3] and [2, 4] don't fit"))
    let segments = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential([ReLU(), ReLU()], checkpointed: true, segments: 0)
    }
    #expect(text(segments).contains("0 segments of 2 layers, at least 1"))
  }

  @Test func anEmptyBatchHasNoMoments() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let norm = BatchNorm(3)
      norm.initialize(seed: 0)
      _ = norm(Tensor([], shape: [0, 3]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("nothing to take a mean of"))
  }

  /// Segments are as equal as can be, and as many as were asked for.
  @Test(arguments: 1...10) func thereAreAsManySegmentsAsWereAskedFor(_ count: Int) {
    let net = Sequential((0..<10).map { _ in Tanh() }, checkpointed: true, segments: count)
    let before = thread_state_here().pointee.nodes
    _ = net(Tensor(repeating: 1, shape: [1]).requiringGradient())
    #expect(thread_state_here().pointee.nodes - before == Int64(count))
  }

  /// 1 / (1 − p) has more digits than 16 bits hold, and is not rounded before it is multiplied by.
  @Test(arguments: [Precision.bfloat16, .float16]) func dropoutIsUnbiasedInSixteenBits(_ precision: Precision) {
    let dropout = Dropout(0.15)
    dropout.initialize(seed: 1)
    let x = Tensor(sampleValues(400).map { $0 + 2 }, shape: [400]).rounded(to: precision)
    let scaled = (x.rounded(to: .float32) * (1 / (1 - Float(0.15)))).rounded(to: precision)
    for (found, expected) in zip(dropout(x).values, scaled.values) { #expect(found == 0 || found == expected) }
  }

  @Test func aLayerWithoutInputsHasABias() {
    let layer = Linear(0, 2)
    layer.initialize(seed: 1)
    #expect(layer.bias!.value.values.allSatisfy { $0.isFinite })
  }
}
