import Autodiff
import Testing

/// Derivatives of losses that a sum in Float32, or the difference of two logarithms, would lose.
@Suite struct LossDigitTests {
  @Test func theTargetsGradientOfBinaryCrossEntropyIsTheNegativeLogit() {
    for logit: Float in [1e-30, -1e-30, 3e-9, 0, 2.5, -40, 100] {
      let target = Tensor([0.25], shape: [1]).requiringGradient()
      let loss = binaryCrossEntropy(logits: Tensor([logit], shape: [1]), target)
      #expect(gradients(of: loss, withRespectTo: [target])[0].values == [-logit])
    }
  }

  /// At equal logits and a smoothing of 1 the gradient is 0; the sum of 50,000 shares in Float32 differs from 1 by 10⁻⁵.
  @Test func smoothingOverManyClassesLeavesNoGradientAtEqualLogits() {
    let logits = Tensor(repeating: 0, shape: [1, 50_000]).requiringGradient()
    let gradient = gradients(of: crossEntropy(logits, [7], labelSmoothing: 1), withRespectTo: [logits])[0]
    #expect(abs(gradient.values.reduce(0.0) { $0 + Double($1) }) < 1e-7)
    #expect(gradient.values.allSatisfy { abs($0) < 1e-11 })
  }

  /// As in PyTorch: α for ELU, λ α for SELU.
  @Test func slopesOfExponentialUnitsAtZeroAreThoseFromBelow() {
    let x = Tensor([0, -0.0], shape: [2]).requiringGradient()
    #expect(gradients(of: elu(x, alpha: 2).sum(), withRespectTo: [x])[0].values == [2, 2])
    #expect(gradients(of: selu(x).sum(), withRespectTo: [x])[0].values == [1.7580993, 1.7580993])
  }
}
