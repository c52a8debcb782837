import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

/// Each layer against PyTorch 2.13 (`Reference/make_layers.py`): output, the gradients of its input and of
/// every parameter, and the parameters after three steps of descent.
@Suite struct LayerReferenceTests {
  struct Recorded: Decodable, Sendable {
    let torch: String
    let cases: [Case]
    let dropout: RecordedDropout
  }

  struct RecordedDropout: Decodable, Sendable {
    let probability: Float
    let inputs, kept, slopes: [Double]
  }

  struct Case: Decodable, Sendable, CustomStringConvertible {
    let name: String
    let shape: [Int]
    let inputs, output, direction, inputGradient: [Double]
    let parameters, gradients, updated: [[Double]]
    let runningMean, runningVariance, evaluated: [Double]?
    /// What the buffers begin as.
    let buffers: [[Double]]?

    var description: String { name }
  }

  static let recorded = try! reference("NeuralNetworksTests/Reference/layers.json", as: Recorded.self)

  private func layer(_ name: String) -> Module {
    switch name {
    case "linear": Linear(5, 3)
    case "conv": Conv2d(4, 2, kernelSize: 3)
    case "conv strided": Conv2d(4, 2, kernelSize: 3, stride: 2, padding: 1)
    case "conv grouped": Conv2d(4, 4, kernelSize: 3, padding: 1, groups: 2)
    case "conv depthwise": Conv2d(4, 4, kernelSize: 3, padding: 1, groups: 4, bias: false)
    case "conv 1": Conv2d(4, 3, kernelSize: 1)
    case "conv 5": Conv2d(4, 1, kernelSize: 5, padding: 2)
    case "max pool": MaxPool2d(kernelSize: 3, stride: 2, padding: 1)
    case "average pool": AveragePool2d(kernelSize: 3, stride: 2, padding: 1)
    case "conv dilated":
      Conv2d(4, 2, kernelSize: [2, 3], stride: [2, 1], dilation: [1, 2], padding: [1, 2])
    case "conv same": Conv2d(4, 3, kernelSize: [4, 3], padding: .same)
    case "conv by sides": Conv2d(4, 3, kernelSize: 2, padding: .sides(before: [1, 0], after: [0, 2]))
    case "conv 1d": Conv1d(3, 4, kernelSize: 3, stride: 2, dilation: 2, padding: 2)
    case "conv 1d grouped": Conv1d(4, 6, kernelSize: 2, groups: 2, bias: false)
    case "conv transposed": ConvTranspose2d(4, 3, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1)
    case "conv transposed, dilated":
      ConvTranspose2d(4, 2, kernelSize: [2, 3], stride: [2, 1], dilation: [3, 1], padding: [0, 1], groups: 2)
    case "conv transposed 1": ConvTranspose2d(4, 3, kernelSize: 1, stride: 2, bias: false)
    case "conv transposed 1d": ConvTranspose1d(3, 2, kernelSize: 4, stride: 2, padding: 1)
    case "max pool, dilated": MaxPool2d(kernelSize: 2, stride: 1, dilation: 2, padding: 1)
    case "max pool, rounded up": MaxPool2d(kernelSize: 2, ceilMode: true)
    case "max pool 1d": MaxPool1d(kernelSize: 3, stride: 2, padding: 1)
    case "average pool, rounded up": AveragePool2d(kernelSize: 2, stride: 2, padding: 1, ceilMode: true)
    case "average pool, padding not counted":
      AveragePool2d(kernelSize: [3, 2], stride: [2, 1], padding: [1, 0], countIncludePadding: false)
    case "average pool 1d": AveragePool1d(kernelSize: 3, stride: 2, padding: 1)
    case "adaptive average pool": AdaptiveAveragePool2d(outputSize: 2)
    case "adaptive average pool 1d": AdaptiveAveragePool1d(outputSize: 4)
    case "upsample nearest": Upsample(scaleFactor: [2, 1.5])
    case "upsample nearest-exact": Upsample(size: [7, 2], mode: .nearestExact)
    case "upsample bilinear": Upsample(scaleFactor: 2, mode: .linear)
    case "upsample bilinear, by a fraction": Upsample(scaleFactor: 1.7, mode: .linear)
    case "upsample bilinear, corners aligned": Upsample(size: [5, 4], mode: .linear, alignCorners: true)
    case "upsample linear": Upsample(size: 9, mode: .linear)
    case "upsample nearest 1d": Upsample(size: 82)
    case "global average pool": GlobalAveragePool2d()
    case "batch norm", "batch norm, evaluated": BatchNorm(7)
    case "batch norm of images", "batch norm of images, evaluated": BatchNorm(4)
    case "layer norm": LayerNorm(7)
    case "RMS norm": RMSNorm(7)
    case "embedding": Embedding(5, 3)
    case "flatten": Flatten()
    case "attention": MultiHeadAttention(4, heads: 2)
    case "causal attention": MultiHeadAttention(6, heads: 2, isCausal: true)
    case "block, pre-norm": TransformerBlock(4, heads: 2, hidden: 7)
    case "block, post-norm": TransformerBlock(4, heads: 2, hidden: 7, placement: .post, isCausal: true)
    case "projected residual": Residual(Linear(5, 4), scale: 0.5, shortcut: Linear(5, 4, bias: false))
    case "ReZero": Residual(Linear(5, 5), scale: 0, learnsScale: true)
    case "LSTM": LSTM(3, 4)
    case "LSTM, one step": LSTM(2, 3)
    case "GRU": GRU(3, 4)
    case "GRU, one step": GRU(2, 3)
    case "RNN": RNN(3, 4)
    case "RNN of ReLUs": RNN(2, 3, nonlinearity: .relu)
    case "RNN, two layers, both directions": RNN(3, 4, layers: 2, isBidirectional: true)
    case "LSTM, two layers, both directions": LSTM(3, 4, layers: 2, isBidirectional: true)
    case "GRU, two layers, both directions": GRU(3, 4, layers: 2, isBidirectional: true)
    case "group norm": GroupNorm(2, 4)
    case "group norm of rows": GroupNorm(2, 6)
    case "instance norm": InstanceNorm(4)
    case "instance norm 1d", "instance norm 1d, evaluated":
      InstanceNorm(3, affine: true, tracksRunningStatistics: true)
    case "PReLU": PReLU()
    case "PReLU per channel": PReLU(channels: 4, slope: 0.1)
    case "GLU": GLU()
    case "SwiGLU": SwiGLU(4, hidden: 6)
    case "rotary": RotaryEmbedding(6)
    case "rotary, interleaved": RotaryEmbedding(4, base: 100, pairing: .interleaved, offset: 3)
    case "padded attention": masked(MultiHeadAttention(4, heads: 2), AttentionMask(keyLengths: [3, 1]))
    case "masked attention": masked(MultiHeadAttention(4, heads: 2), AttentionMask(allowed: matrix(allowedKeys)))
    case "biased attention": masked(MultiHeadAttention(4, heads: 2), AttentionMask(added: matrix(addedScores)))
    case "cross-attention":
      AttentionCall(MultiHeadAttention(4, heads: 2, contextWidth: 3)) { $0($1.sliced(1, 0..<2), $1.sliced(2, 0..<3)) }
    case "grouped attention": MultiHeadAttention(8, heads: 4, keyValueHeads: 2)
    case "attention, RMS norm": MultiHeadAttention(6, heads: 2, headNorm: .rms)
    case "attention, layer norm": MultiHeadAttention(6, heads: 2, headNorm: .layer)
    case "rotary attention": MultiHeadAttention(8, heads: 2, rotary: RotaryEmbedding(4))
    case "spectral norm": SpectralNorm(Linear(5, 3))
    case "spectral norm of conv": SpectralNorm(Conv2d(4, 3, kernelSize: [2, 3]))
    case "spectral norm of conv transposed":
      SpectralNorm(ConvTranspose1d(3, 2, kernelSize: 4, stride: 2), iterations: 3)
    default: stop("layer", "there is none named \(name)")
    }
  }

  /// Values of each parameter in the model's order: a residual's learned scale comes first, since a module's own parameters do.
  private func ordered(_ recorded: Case, _ values: [[Double]]) -> [[Double]] {
    recorded.name == "ReZero" && values[0].count != 1 ? [values.last!] + values.dropLast() : values
  }

  /// The layer with the recorded weights, and in evaluation mode with the recorded running statistics.
  private func prepared(_ recorded: Case) -> Module {
    let layer = layer(recorded.name)
    layer.initialize(seed: 0)
    #expect(layer.parameters.count == recorded.parameters.count)
    for ((_, parameter), value) in zip(layer.parameters, ordered(recorded, recorded.parameters)) {
      parameter.set(Tensor(value.map { Float($0) }, shape: parameter.shape))
    }
    if let mean = recorded.runningMean, let variance = recorded.runningVariance, recorded.evaluated == nil {
      set(layer.buffers, [mean, variance])
      layer.evaluate()
    }
    if let values = recorded.buffers { set(layer.buffers, values) }
    return layer
  }

  private func set(_ buffers: [(path: String, buffer: ModuleBuffer)], _ values: [[Double]]) {
    #expect(buffers.count == values.count)
    for ((_, buffer), values) in zip(buffers, values) {
      buffer.set(Tensor(values.map { Float($0) }, shape: buffer.shape))
    }
  }

  private func input(_ recorded: Case) -> Tensor {
    Tensor(recorded.inputs.map { Float($0) }, shape: Shape(recorded.shape)).requiringGradient()
  }

  @Test(arguments: recorded.cases) func agreesWithPyTorch(_ recorded: Case) {
    check(recorded, .float32, within: 1e-5)
  }

  /// The same in bfloat16, whose numbers have a relative spacing of 2⁻⁷. Attention with masks, norms or rotations rounds more often.
  @Test(arguments: recorded.cases) func agreesInBfloat16(_ recorded: Case) {
    let roundsMore = recorded.name.contains("attention") && !["attention", "causal attention"].contains(recorded.name)
    check(recorded, .bfloat16, within: roundsMore ? 5e-2 : 2e-2)
  }

  private func check(_ recorded: Case, _ precision: Precision, within limit: Double) {
    let layer = prepared(recorded), optimizer = SGD(layer, learningRate: 0.01, momentum: 0.9)
    for step in 0..<3 {
      let x = input(recorded), y = withPrecision(precision) { layer(x) }
      (y * Tensor(recorded.direction.map { Float($0) }, shape: y.shape)).sum().backward()
      if step == 0 {
        #expect(relativeDifference(y.values, recorded.output) < limit)
        if !recorded.inputGradient.isEmpty {
          #expect(relativeDifference(x.gradient?.values ?? [], recorded.inputGradient) < limit)
        }
        checkGradients(recorded, layer, precision, within: limit)
      }
      optimizer.step()
    }
    for ((path, parameter), expected) in zip(layer.parameters, ordered(recorded, recorded.updated)) {
      #expect(relativeDifference(parameter.value.values, expected) < limit, "\(path)")
    }
  }

  private func checkGradients(_ recorded: Case, _ layer: Module, _ precision: Precision, within limit: Double) {
    let expected = zip(layer.parameters.map(\.path), ordered(recorded, recorded.gradients)).map { ($0, $1) }
    let sizes = Dictionary(uniqueKeysWithValues: expected.map { ($0, $1.reduce(0) { max($0, abs($1)) }) })
    for ((path, parameter), (_, expected)) in zip(layer.parameters, expected) {
      let found = parameter.gradient?.values ?? []
      #expect(found.count == expected.count, "\(path)")
      let size = sizes[summands(of: path)]!, errors = zip(found, expected).map { abs(Double($0) - $1) }
      #expect(errors.allSatisfy { $0 <= limit * size }, "\(path): \((errors.max() ?? 0) / size)")
    }
  }

  @Test(arguments: recorded.cases.filter { $0.evaluated != nil }) func runningStatisticsAgree(_ recorded: Case) {
    let layer = prepared(recorded), x = input(recorded)
    _ = layer(x)
    let found = Dictionary(uniqueKeysWithValues: layer.buffers.map { ($0.path, $0.buffer.value.values) })
    #expect(relativeDifference(found["runningMean"]!, recorded.runningMean!) < 1e-5)
    #expect(relativeDifference(found["runningVariance"]!, recorded.runningVariance!) < 1e-5)
    layer.evaluate()
    #expect(relativeDifference(layer(x).values, recorded.evaluated!) < 1e-5)
    #expect(layer.buffers[0].buffer.value.values == found["runningMean"])
  }

  /// Each element is 0, or the value that PyTorch computes for a kept element. In 16 bits these are x / (1 − p) and g / (1 − p)
  /// of the rounded x and g, rounded once.
  @Test(arguments: [5, 6, 7] as [UInt64], [Precision.float32, .bfloat16])
  func dropoutAgrees(seed: UInt64, _ precision: Precision) {
    let recorded = Self.recorded.dropout, layer = Dropout(recorded.probability)
    layer.initialize(seed: seed)
    func tensor(_ values: [Float]) -> Tensor { Tensor(values, shape: [values.count]).cast(to: precision) }
    let x = tensor(recorded.inputs.map { Float($0) }).requiringGradient(), y = layer(x)
    let ones = gradients(of: y.sum(), withRespectTo: [x], keepingTape: true)[0]
    let isKept = ones.values.map { $0 != 0 }
    #expect(isKept.contains(true) && isKept.contains(false), "seed \(seed)")
    let limit = precision == .float32 ? 1e-5 : 2e-2
    #expect(relativeDifference(y.values, zip(recorded.kept, isKept).map { $1 ? $0 : 0 }) < limit, "seed \(seed)")
    #expect(relativeDifference(ones.values, zip(recorded.slopes, isKept).map { $1 ? $0 : 0 }) < limit, "seed \(seed)")

    let direction = tensor(sampleValues(x.elementCount, seed: seed))
    (y * direction).sum().backward()
    func scaled(_ tensor: Tensor) -> [Float] {
      let scaled = tensor.values.map { $0 * (1 / (1 - recorded.probability)) }
      return zip(Tensor(scaled, shape: tensor.shape).cast(to: precision).values, isKept).map { $1 ? $0 : 0 }
    }
    #expect(y.precision == precision && y.values == scaled(x), "seed \(seed)")
    #expect(x.gradient?.precision == precision && x.gradient?.values == scaled(direction), "seed \(seed)")
  }
}
