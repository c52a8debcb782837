import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// Warnings of shapes with which nothing can be learned.
@Suite struct LayerWarningTests {
  private func warnings(_ result: ExitTest.Result?) -> [String] {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
      .filter { $0.hasPrefix("rheoscope:") }
  }

  @Test func batchNormWithOneValuePerChannel() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = Sequential(Linear(3, 4), BatchNorm(4), Linear(4, 4), BatchNorm(4))
      net.initialize(seed: 1)
      func run(_ rows: Int) { _ = net(Tensor(repeating: 1, shape: [rows, 3])) }
      net.evaluate()
      run(1)
      net.train()
      run(2)
      run(0)
      run(1)
      run(1)
      // An image has many values per channel.
      let norm = Sequential(BatchNorm(2))
      norm.initialize(seed: 1)
      _ = norm(Tensor(repeating: 1, shape: [1, 2, 1, 2]))
      _ = norm(Tensor(repeating: 1, shape: [1, 1, 1, 2]))
    }
    func text(_ module: String, _ shape: String) -> String {
      "rheoscope: batch normalization in \(module) (BatchNorm): the batch of shape \(shape) has one value per channel, so the "
        + "output is the bias and x has no gradient; use larger batches, or evaluate() for single samples"
    }
    #expect(warnings(result) == [text("1", "[1, 4]"), text("3", "[1, 4]"), text("0", "[1, 1, 1, 2]")])
  }

  @Test func softmaxOfOneValue() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let net = Sequential(Linear(3, 1), Softmax(), LogSoftmax(), Softmax())
      net.initialize(seed: 1)
      for _ in 0..<2 { _ = net(Tensor(repeating: 1, shape: [2, 3])) }
      for _ in 0..<2 { _ = softmax(Tensor([1], shape: [1])) }
      _ = softmax(Tensor([1, 2], shape: [1, 2]))
      _ = softmax(Tensor([], shape: [0, 1]))
      // The first position of a sequence attends only to itself.
      let attention = MultiHeadAttention(4, heads: 2)
      attention.initialize(seed: 1)
      _ = attention(Tensor(repeating: 1, shape: [2, 1, 4]))
    }
    func text(_ operation: String, _ shape: String) -> String {
      "rheoscope: \(operation): the last dimension of the shape \(shape) has one value, whose probability is always 1 and has no "
        + "gradient; for one output use sigmoid"
    }
    #expect(
      warnings(result) == [
        text("softmax in 1 (Softmax)", "[2, 1]"), text("logSoftmax in 2 (LogSoftmax)", "[2, 1]"),
        text("softmax in 3 (Softmax)", "[2, 1]"), text("softmax", "[1]"),
      ])
  }

  @Test func dropoutOfOneRecurrentLayer() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let x = Tensor(repeating: 1, shape: [1, 2, 3])
      for layers in [1, 2] {
        let layer = GRU(3, 4, layers: layers, dropout: 0.5)
        layer.initialize(seed: 1)
        for _ in 0..<2 { _ = layer(x) }
      }
    }
    #expect(
      warnings(result) == [
        "rheoscope: GRU in GRU: the dropout is between layers, and there is one layer; it has no effect"
      ])
  }

  @Test func crossEntropyOfOneClass() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let x = Tensor([1, 2], shape: [2, 1]).requiringGradient()
      for _ in 0..<2 { _ = gradients(of: crossEntropy(x, [0, 0]), withRespectTo: [x], keepingTape: true) }
      _ = crossEntropy(Tensor([1, 2], shape: [1, 2]), [0])
      _ = crossEntropy(Tensor([], shape: [0, 1]), [])
      _ = negativeLogLikelihood(Tensor([0], shape: [1, 1]), [0])
    }
    let text =
      "there is one class, so the loss is always 0 and has no gradient; for yes or no use two classes, or binaryCrossEntropy"
    #expect(warnings(result) == ["rheoscope: crossEntropy: \(text)", "rheoscope: negativeLogLikelihood: \(text)"])
  }
}
