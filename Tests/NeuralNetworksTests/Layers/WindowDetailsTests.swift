import Autodiff
import NeuralNetworks
import Testing

/// What layers with windows print, and the windows that they have.
@Suite struct WindowDetailsTests {
  static let details: [(layer: @Sendable () -> Module, text: String)] = [
    ({ Conv2d(3, 8, kernelSize: 3) }, "Conv2d 3 → 8, 3 × 3"),
    (
      { Conv2d(3, 8, kernelSize: [3, 5], stride: [2, 1], dilation: 2, padding: .same) },
      "Conv2d 3 → 8, 3 × 5, stride 2 × 1, dilation 2, padding same"
    ),
    (
      { Conv2d(4, 8, kernelSize: 3, padding: .sides(before: 1, after: [0, 1]), groups: 2) },
      "Conv2d 4 → 8, 3 × 3, padding 1 and 0 × 1, 2 groups"
    ),
    ({ Conv1d(3, 8, kernelSize: 3, padding: .sides(before: 2, after: 0)) }, "Conv1d 3 → 8, 3, padding 2 and 0"),
    (
      { ConvTranspose2d(4, 8, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2) },
      "ConvTranspose2d 4 → 8, 3 × 3, stride 2, padding 1, 2 groups, output padding 1 × 1"
    ),
    ({ ConvTranspose1d(4, 8, kernelSize: 2, stride: 2) }, "ConvTranspose1d 4 → 8, 2, stride 2"),
    ({ MaxPool2d(kernelSize: 2) }, "MaxPool2d 2 × 2, stride 2"),
    ({ MaxPool1d(kernelSize: 3, stride: 1, ceilMode: true) }, "MaxPool1d 3, stride 1, rounded up"),
    (
      { AveragePool2d(kernelSize: 3, stride: 2, padding: 1, countIncludePadding: false) },
      "AveragePool2d 3 × 3, stride 2, padding 1, padding not counted"
    ),
    ({ AveragePool1d(kernelSize: 3) }, "AveragePool1d 3, stride 3"),
    ({ AdaptiveAveragePool2d(outputSize: [2, 3]) }, "AdaptiveAveragePool2d 2 × 3"),
    ({ AdaptiveAveragePool1d(outputSize: 2) }, "AdaptiveAveragePool1d 2"),
    ({ Upsample(scaleFactor: [2, 1.5]) }, "Upsample by 2 × 1.5, nearest"),
    ({ Upsample(size: 8, mode: .linear, alignCorners: true) }, "Upsample to 8, linear, corners aligned"),
  ]

  @Test(arguments: details.indices) func detailsNameTheWindow(_ index: Int) {
    let (layer, text) = Self.details[index]
    #expect("\(layer().kind) \(layer().details)" == text)
  }

  @Test func sizesThatAreVariablesStayPossible() {
    let size = 3, stride: Int? = nil, layer = Conv2d(1, 2, kernelSize: size, stride: stride ?? 2, padding: size / 2)
    #expect(layer.window.kernelSize == [3, 3] && layer.window.stride == [2, 2] && layer.window.dilation == [1, 1])
    layer.initialize(seed: 0)
    let y = MaxPool2d(kernelSize: size, stride: stride)(layer(Tensor(repeating: 1, shape: [1, 11, 12, 1])))
    #expect(y.shape == [1, 2, 2, 2])
  }

  /// Weights of transposed convolutions begin as PyTorch's, with a fan of outputs / groups · kernel.
  @Test func weightsBeginWithinPyTorchsBound() {
    let layer = ConvTranspose2d(64, 8, kernelSize: [2, 4], groups: 2)
    layer.initialize(seed: 3)
    let bound = 1 / Float(32).squareRoot()
    #expect(layer.weight.shape == [64, 4, 2, 4] && layer.bias?.shape == [8])
    let largest = layer.weight.value.values.reduce(0) { max($0, abs($1)) }
    #expect(largest <= bound && largest > 0.98 * bound)
  }
}
