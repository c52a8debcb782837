import Autodiff
import Foundation
import Testing

/// Losses with targets at the ends of their ranges, and with rows that are ignored.
@Suite struct TargetLossTests {
  @Test func aTargetOfOneClassIsItsLabel() {
    let logits = Tensor([1, -2, 0.5, 3, 0, -1], shape: [2, 3])
    let targets = Tensor([0, 0, 1, 1, 0, 0], shape: [2, 3])
    #expect(abs(crossEntropy(logits, targets).value - crossEntropy(logits, [2, 0]).value) < 1e-6)
    #expect(abs(klDivergence(logSoftmax(logits), targets).value - crossEntropy(logits, [2, 0]).value) < 1e-6)
    #expect(abs(klDivergence(logSoftmax(logits), softmax(logits)).value) < 1e-6)
  }

  /// PyTorch 2.13's gradient there is NaN.
  @Test func theGradientOfATargetOfZeroIsFinite() {
    let q = Tensor([-1, -2, -0.5], shape: [1, 3]), targets = Tensor([0, 0.4, 0.6], shape: [1, 3]).requiringGradient()
    let gradient = gradients(of: klDivergence(q, targets), withRespectTo: [targets])[0].values
    #expect(gradient[0] == 1 && abs(gradient[1] - 2.0837) < 1e-4 && abs(gradient[2] - 0.9892) < 1e-4)
  }

  @Test func ignoredRowsAreNotCounted() {
    let logits = Tensor([1, -2, 0.5, 3, 0, -1], shape: [2, 3])
    let kept = crossEntropy(Tensor([3, 0, -1], shape: [1, 3]), [0])
    #expect(crossEntropy(logits, [-100, 0], ignoreIndex: -100).value == kept.value)
    // A class of its own may be ignored.
    #expect(crossEntropy(logits, [2, 0], ignoreIndex: 2).value == kept.value)
    #expect(crossEntropy(logits, [-100, -100], ignoreIndex: -100).value.isNaN)
    #expect(crossEntropy(logits, [-100, -100], ignoreIndex: -100, reduction: .sum).value == 0)
    // What an ignored row holds reaches nothing.
    let broken = Tensor([.nan, .infinity, 0.5, 3, 0, -1], shape: [2, 3]).requiringGradient()
    let loss = crossEntropy(broken, [-100, 0], ignoreIndex: -100)
    #expect(loss.value == kept.value)
    #expect(gradients(of: loss, withRespectTo: [broken])[0].values.prefix(3) == [0, 0, 0])
  }

  @Test func badTargetsStop() async {
    let results = [
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = crossEntropy(Tensor(repeating: 0, shape: [1, 3]), [-100])
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = crossEntropy(Tensor(repeating: 0, shape: [1, 3]), Tensor([2, 0, 1], shape: [1, 3]))
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = klDivergence(Tensor(repeating: 0, shape: [1, 3]), Tensor([0.5, 0, 0], shape: [1, 3]))
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = crossEntropy(Tensor(repeating: 0, shape: [2, 3]), Tensor(repeating: 1, shape: [3]))
      },
    ]
    let messages = [
      "crossEntropy: label -100 in row 0, labels are 0 to 2; rows to leave out are named by ignoreIndex",
      "crossEntropy: the target 2.0 at position 0 is out of range; targets are probabilities of classes; for class numbers write crossEntropy(logits, labels) with an array of Int",
      "klDivergence: the probabilities of row 0 have the sum 0.5; it must be 1 within 0.001; for class numbers write crossEntropy(logits, labels) with an array of Int",
      "crossEntropy: shapes [2, 3] and [3] don't fit: predictions and targets have one shape, [rows, classes]",
    ]
    for (result, message) in zip(results, messages) {
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text == "Fatal error: \(message)\n")
    }
  }

  /// Also where the gradient has a gradient itself.
  @Test func ignoredRowsReachNoGradientOfAGradient() {
    let broken = Tensor([.nan, .infinity, 0.5, 3, 0, -1], shape: [2, 3]).requiringGradient()
    let loss = crossEntropy(broken, [-100, 0], ignoreIndex: -100)
    let first = gradients(of: loss, withRespectTo: [broken], keepingTape: true)[0]
    #expect(first.values.prefix(3) == [0, 0, 0])
    let second = gradients(of: first.squared().sum(), withRespectTo: [broken])[0].values
    #expect(second.prefix(3) == [0, 0, 0] && second.suffix(3).allSatisfy { $0.isFinite && $0 != 0 })
  }

  @Test func theLossOfASmallProbabilityIsTheProbability() {
    for p: Float in [1e-30, 1e-9, 1e-4] {
      let loss = binaryCrossEntropy(probabilities: Tensor([p], shape: [1]), Tensor([0], shape: [1])).value
      #expect(abs(Double(loss) / -log1p(-Double(p)) - 1) < 1e-6)
      let target = Tensor([0], shape: [1]).requiringGradient()
      let ofTarget = gradients(
        of: binaryCrossEntropy(probabilities: Tensor([p], shape: [1]), target), withRespectTo: [target])[0].value
      #expect(abs(Double(ofTarget) / Swift.min(log1p(-Double(p)) - log(Double(p)), 100) - 1) < 1e-5)
    }
    #expect(binaryCrossEntropy(probabilities: Tensor([1], shape: [1]), Tensor([0], shape: [1])).value == 100)
  }

  /// The product of two lengths or of two elements would be infinite, 10⁻⁸ in Float16 is 0.
  @Test func theCosineOfLongAndOfZeroVectorsIsFinite() {
    let a = Tensor([3e30, 4e30], shape: [1, 2]), b = Tensor([4e30, 3e30], shape: [1, 2])
    #expect(abs(cosineSimilarity(a, b).value - 0.96) < 1e-6)
    let small = cosineSimilarity(a * 1e-35, b * 1e-35).value
    #expect(abs(small - 0.96) < 1e-5)
    let zero = Tensor([0, 0], shape: [1, 2]).cast(to: .float16)
    let half = cosineSimilarity(zero, Tensor([1, 1], shape: [1, 2]).cast(to: .float16))
    #expect(half.values == [0])
    let long = Tensor([6e4, 6e4], shape: [1, 2]).cast(to: .float16)
    #expect(abs(cosineSimilarity(long, long).value - 1) < 1e-3)
  }
}
