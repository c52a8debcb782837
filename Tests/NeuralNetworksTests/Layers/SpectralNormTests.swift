import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// What the tables can't show of spectral normalization: how its vectors begin and move.
@Suite struct SpectralNormTests {
  private let x = Tensor(sampleValues(40, seed: 4), shape: [4, 10])

  private func layer(seed: UInt64 = 3) -> SpectralNorm {
    let layer = SpectralNorm(Linear(10, 6, bias: false))
    layer.initialize(seed: seed)
    return layer
  }

  /// The largest ratio of lengths that a matrix makes, by many steps of power iteration.
  private func largestSingularValue(_ matrix: Float64Array) -> Double {
    let square = Float64Array.product(matrix.transposed([1, 0]), matrix)
    var v = Float64Array([10, 1]) { _ in 1 }, ratio = 0.0
    for _ in 0..<2000 {
      v = .product(square, v)
      ratio = (v * v).values.reduce(0, +).squareRoot()
      v = v.map { $0 / ratio }
    }
    return ratio.squareRoot()
  }

  @Test func theNormalizedWeightStretchesNoVector() {
    let layer = layer(), weight = Float64Array((layer.layer as! Linear).weight.value)
    for _ in 0..<200 { _ = layer(x) }
    layer.evaluate()
    let expected = Float64Array(x).linear(weight.map { [norm = largestSingularValue(weight)] in $0 / norm })
    #expect(relativeDifference(layer(x).values, expected.values) < 1e-5)
  }

  /// The first call comes near, also in evaluation mode; the vectors follow from the seed, and don't move in evaluation mode or for an
  /// empty batch.
  @Test func theVectorsBeginAtRandomAndMoveInTrainingAlone() {
    let layer = layer(), twin = self.layer(), other = self.layer(seed: 4)
    #expect(layer.rightVector.value.values != other.rightVector.value.values)
    for layer in [layer, twin] { layer.evaluate() }
    let first = layer(x).values
    #expect(first == twin(x).values && layer(x).values == first)
    let weight = Float64Array((layer.layer as! Linear).weight.value), norm = largestSingularValue(weight)
    #expect(relativeDifference(first, Float64Array(x).linear(weight.map { $0 / norm }).values) < 0.05)
    let before = layer.rightVector.value.values
    layer.train()
    _ = layer(Tensor([], shape: [0, 10]))
    #expect(layer.rightVector.value.values == before)
    _ = layer(x)
    #expect(layer.rightVector.value.values != before)
  }

  /// A checkpoint computes the body twice with the same vectors, and they move once.
  @Test func checkpointsChangeNothing() {
    func trained(checkpointed: Bool) -> [[Float]] {
      let net = Sequential([layer(), ReLU(), SpectralNorm(Linear(6, 2))], checkpointed: checkpointed, segments: 1)
      net.initialize(seed: 5)
      let optimizer = SGD(net, learningRate: 0.1)
      for _ in 0..<3 {
        square(net(x)).sum().backward()
        optimizer.step()
      }
      return net.parameters.map { $0.parameter.value.values } + net.buffers.map { $0.buffer.value.values }
    }
    #expect(trained(checkpointed: true) == trained(checkpointed: false))
  }

  /// Weights on disk hold the vectors, so a loaded layer computes the same.
  @Test func savedVectorsComeBack() throws {
    try withTemporaryFolder { folder in
      let layer = layer(), other = self.layer(seed: 9)
      for _ in 0..<3 { _ = layer(x) }
      try layer.saveWeights(to: folder + "/weights.safetensors")
      try other.loadWeights(from: folder + "/weights.safetensors")
      for layer in [layer, other] { layer.evaluate() }
      #expect(layer(x).values == other(x).values)
    }
  }

  /// The layer inside has its hooks; the one layer counts once.
  @Test func theLayerInsideIsASite() throws {
    let net = Sequential(layer(), Linear(6, 2))
    net.initialize(seed: 2)
    var depths: [Int32] = [], paths: [String] = []
    try net.onForward("**") { site, output in
      paths.append(site.path)
      depths.append(output.layerDepth)
      return nil
    }
    _ = net(x.detached())
    #expect(paths == ["0.layer", "0", "1", ""] && depths == [1, 1, 2, 2])
  }
}
