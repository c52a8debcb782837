import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// A loss as a module.
private final class Loss: Module {
  private let loss: (Tensor) -> Tensor

  init(_ loss: @escaping (Tensor) -> Tensor) { self.loss = loss }

  override func forward(_ x: Tensor) -> Tensor { loss(x) }
}

private func evaluated(_ module: Module) -> Module {
  module.evaluate()
  return module
}

/// The messages of layers and losses about inputs of a wrong shape.
@Suite struct LayerShapeTests {
  /// Shapes that layers and losses refuse, and the message of each, as the model's second module or from its initializer, where it
  /// has no path yet. Elementwise activations and dropout take any shape.
  static let wrongShapes: [(make: @Sendable () -> Module, shape: Shape, words: String)] = [
    ({ Linear(4, 2) }, [2, 3], "linear in 1 (Linear): shapes [2, 3] and [2, 4] don't fit"),
    ({ Residual(ReLU(), Linear(4, 4)) }, [2, 3], "linear in 1.1 (Linear): shapes [2, 3] and [4, 4] don't fit"),
    (
      { Conv2d(3, 4, kernelSize: 3) }, [1, 8, 8, 2],
      "convolve in 1 (Conv2d): shapes [1, 8, 8, 2] and [4, 3, 3, 3] don't fit"
    ),
    (
      { MaxPool2d(kernelSize: 2, padding: 1) }, [1, 0, 4, 3],
      "maxPool in 1 (MaxPool2d): a kernel of 2 × 2 doesn't fit into images of shape [1, 0, 4, 3]"
    ),
    (
      { MaxPool2d(kernelSize: 2) }, [4, 3],
      "maxPool in 1 (MaxPool2d): images [n, height, width, channels] are needed, not the shape [4, 3]"
    ),
    (
      { AveragePool2d(kernelSize: 3) }, [1, 2, 4, 3],
      "averagePool in 1 (AveragePool2d): a kernel of 3 × 3 doesn't fit into images of shape [1, 2, 4, 3]"
    ),
    (
      { GlobalAveragePool2d() }, [2, 3],
      "globalAveragePool in 1 (GlobalAveragePool2d): images [n, height, width, channels] are needed, not"
    ),
    (
      { MaxPool2d(kernelSize: 2) }, [4, 3, 2],
      "maxPool in 1 (MaxPool2d): images [n, height, width, channels] are needed, not the shape [4, 3, 2]"
    ),
    (
      { AveragePool1d(kernelSize: 2) }, [4, 3, 2, 2],
      "averagePool in 1 (AveragePool1d): sequences [n, length, channels] are needed, not the shape [4, 3, 2, 2]"
    ),
    (
      { MaxPool1d(kernelSize: 4) }, [4, 3, 2],
      "maxPool in 1 (MaxPool1d): a kernel of 4 doesn't fit into sequences of shape [4, 3, 2]"
    ),
    (
      { Conv1d(3, 4, kernelSize: 3) }, [1, 8, 8, 3],
      "convolve in 1 (Conv1d): shapes [1, 8, 8, 3] and [4, 3, 3] don't fit: sequences [n, length, inputs], weights"
    ),
    (
      { ConvTranspose2d(3, 4, kernelSize: 3, groups: 1) }, [1, 8, 8, 2],
      "convolveTransposed in 1 (ConvTranspose2d): shapes [1, 8, 8, 2] and [3, 4, 3, 3] don't fit: images"
    ),
    (
      { ConvTranspose1d(3, 4, kernelSize: 3, outputPadding: 1) }, [],
      "ConvTranspose1d: outputPadding [1] with 3: one number, or one for each axis, is needed, smaller than the stride"
    ),
    (
      { Conv1d(3, 4, kernelSize: 0) }, [],
      "Conv1d: kernelSize 0, stride 1, dilation 1, padding 0: at least 1, 1, 1 and 0"
    ),
    (
      { MaxPool2d(kernelSize: [2, 3, 4]) }, [],
      "MaxPool2d: kernelSize [2, 3, 4], stride [2, 3, 4], dilation 1, padding 0: at least 1, 1, 1 and 0 are needed"
    ),
    (
      { AdaptiveAveragePool2d(outputSize: 2) }, [2, 3, 4],
      "AdaptiveAveragePool2d in 1 (AdaptiveAveragePool2d): images [n, height, width, channels] are needed, not the"
    ),
    (
      { Upsample(scaleFactor: 2) }, [2, 3],
      "resize in 1 (Upsample): images [n, height, width, channels] or sequences [n, length, channels] are needed"
    ),
    ({ Flatten() }, [], "Flatten in 1 (Flatten): the input is a scalar"),
    ({ BatchNorm(1) }, [2, 3], "batch normalization in 1 (BatchNorm): shapes [2, 3] and [1] don't fit"),
    ({ evaluated(BatchNorm(3)) }, [2, 1], "batch normalization in 1 (BatchNorm): shapes [2, 1] and [3] don't fit"),
    ({ BatchNorm(3) }, [3], "batch normalization in 1 (BatchNorm): a shape [n, …, channels] is needed, not [3]"),
    ({ Sequential(LayerNorm(3)) }, [2, 4], "layer normalization in 1.0 (LayerNorm): shapes [2, 4] and [3] don't fit"),
    ({ RMSNorm(3) }, [2, 1], "RMS normalization in 1 (RMSNorm): shapes [2, 1] and [3] don't fit"),
    ({ Softmax() }, [], "softmax in 1 (Softmax): no dimension -1 in the shape []"),
    (
      { LogSoftmax() }, [2, 0],
      "logSoftmax in 1 (LogSoftmax): dimension 1 of the shape [2, 0] has no elements to sum over"
    ),
    (
      { MultiHeadAttention(4, heads: 2) }, [2, 4],
      "MultiHeadAttention in 1 (MultiHeadAttention): the input has the shape"
    ),
    (
      { MultiHeadAttention(4, heads: 2) }, [2, 3, 6],
      "linear in 1.query (Linear): shapes [2, 3, 6] and [4, 4] don't fit"
    ),
    (
      { TransformerBlock(4, heads: 2) }, [2, 4],
      "MultiHeadAttention in 1.attention (MultiHeadAttention): the input has the shape [2, 4]; it must be"
    ),
    (
      { TransformerBlock(4, heads: 2) }, [2, 3, 6],
      "layer normalization in 1.attentionNorm (LayerNorm): shapes [2, 3, 6] and [4] don't fit"
    ),
    ({ LSTM(3, 4) }, [2, 3], "LSTM in 1 (LSTM): the input has the shape [2, 3]; it must be [n, time, features], with"),
    (
      { GRU(3, 4) }, [2, 0, 3],
      "GRU in 1 (GRU): the input has the shape [2, 0, 3]; it must be [n, time, features], with"
    ),
    ({ LSTM(3, 4) }, [2, 5, 4], "linear in 1.cell.input (Linear): shapes [2, 4] and [16, 3] don't fit"),
    ({ Residual(Linear(3, 4)) }, [2, 3], "Residual in 1 (Residual): shapes [2, 3] and [2, 4] don't fit"),
    (
      { Loss { crossEntropy($0, [1]) } }, [2, 3],
      "crossEntropy in 1 (Loss): logits of shape [2, 3] for 1 labels, [labels, classes] is needed"
    ),
    (
      { Loss { binaryCrossEntropy(logits: $0, Tensor(0)) } }, [2, 3],
      "binaryCrossEntropy in 1 (Loss): shapes [2, 3] and [] don't fit"
    ),
    ({ Loss { meanSquaredError($0, Tensor(0)) } }, [2], "meanSquaredError in 1 (Loss): shapes [2] and [] don't fit"),
    ({ Loss { meanAbsoluteError($0, Tensor(0)) } }, [2], "meanAbsoluteError in 1 (Loss): shapes [2] and [] don't fit"),
    ({ Loss { huberLoss($0, Tensor(0)) } }, [2], "huberLoss in 1 (Loss): shapes [2] and [] don't fit"),
    ({ Conv2d(3, 4, kernelSize: 1, groups: 2) }, [], "Conv2d: 3 and 4 channels can't be divided into 2 groups"),
    ({ Conv2d(4, 3, kernelSize: 1, groups: 2) }, [], "Conv2d: 4 and 3 channels can't be divided into 2 groups"),
    (
      { MultiHeadAttention(6, heads: 4) }, [],
      "MultiHeadAttention: the width is 6; it must be a multiple of the 4 heads"
    ),
    (
      { MultiHeadAttention(6, heads: 0) }, [],
      "MultiHeadAttention: the width is 6; it must be a multiple of the 0 heads"
    ),
    (
      {
        let layer = Linear(3, 2)
        layer.initialize(seed: 0)
        // The same number of elements.
        layer.weight.set(Tensor(repeating: 0, shape: [3, 2]))
        return layer
      }, [2, 3], "parameter weight: shapes [3, 2] and [2, 3] don't fit"
    ),
    (
      {
        let layer = Linear(3, 2)
        layer.initialize(seed: 0)
        layer.bias!.gradient = Tensor(0)
        return layer
      }, [2, 3], "parameter bias: shapes [] and [2] don't fit"
    ),
    (
      {
        let layer = Sequential(Linear(3, 2))
        try! layer.onForward("0") { _, output in output.sum() }
        return layer
      }, [2, 3], "output hook in 1.0 (Linear): shapes [] and [2, 2] don't fit"
    ),
  ]

  private static let input = ExitTestInput("wrong-shapes-of-layers")

  @Test(.serialized, arguments: wrongShapes.indices)
  func wrongShapesNameOperationModuleAndShapes(_ index: Int) async throws {
    try Self.input.set(index)
    defer { Self.input.remove() }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (make, shape, _) = LayerShapeTests.wrongShapes[try LayerShapeTests.input.value()]
      let net = Sequential(Identity(), make())
      net.initialize(seed: 0)
      _ = net(Tensor(repeating: 0, shape: shape))
    }
    #expect(text(result).contains(Self.wrongShapes[index].words), "\(text(result))")
  }

  private static let row = ExitTestInput("row-of-embedding")

  @Test(.serialized, arguments: [5, 1.5, -1, .nan] as [Float])
  func anEmbeddingStopsAtAnIndexOutsideOfItsTable(_ row: Float) async throws {
    try Self.row.set("\(row)")
    defer { Self.row.remove() }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let net = Sequential(Identity(), Embedding(5, 2)), row = try LayerShapeTests.row.value(String.self)
      net.initialize(seed: 0)
      _ = net(Tensor([1, Float(row)!], shape: [2]))
    }
    #expect(
      text(result).contains("take(rows:) in 1 (Embedding): the index \(row) at position 1 is no row; rows are 0 to 4"))
  }

  @Test func segmentsAreFromOneToTheNumberOfLayers() async {
    let segments = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential([ReLU(), ReLU()], checkpointed: true, segments: 0)
    }
    #expect(text(segments).contains("0 segments of 2 layers; there must be from 1 to 2"))
  }

  private func text(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }
}
