import Autodiff
import Foundation
import TestSupport
import Testing

/// What the tables of gradient checks can't show: ends of the range, NaN, empty and narrow batches, 16 bits, wrong input.
@Suite struct ActivationAndLossTests {
  static let activations: [(String, @Sendable (Tensor) -> Tensor)] = [
    ("leakyReLU", { leakyReLU($0) }), ("elu", { elu($0) }), ("selu", selu), ("gelu", { gelu($0) }),
    ("gelu by tanh", { gelu($0, tanhApproximation: true) }), ("silu", silu), ("mish", mish), ("hardSwish", hardSwish),
    ("hardSigmoid", hardSigmoid), ("prelu", { prelu($0, slope: Tensor(0.25)) }), ("softplus", softplus),
    ("softsign", softsign), ("hardTanh", hardTanh), ("absolute", { $0.absolute() }),
  ]

  /// Outputs and first derivatives at ±10³⁰ and ±∞; λ and λα of selu.
  static let limits: [String: (below: Float, above: Float, slopeBelow: Float, slopeAbove: Float)] = [
    "elu": (-1, .infinity, 0, 1), "selu": (-1.7580993, .infinity, 0, 1.050701), "gelu": (0, .infinity, 0, 1),
    "gelu by tanh": (0, .infinity, 0, 1), "silu": (0, .infinity, 0, 1), "mish": (0, .infinity, 0, 1),
    "hardSwish": (0, .infinity, 0, 1), "hardSigmoid": (0, 1, 0, 0), "prelu": (-.infinity, .infinity, 0.25, 1),
    "softplus": (0, .infinity, 0, 1),
    "softsign": (-1, 1, 0, 0), "hardTanh": (-1, 1, 0, 0), "absolute": (.infinity, .infinity, -1, 1),
    "leakyReLU": (-.infinity, .infinity, 0.01, 1),
  ]

  @Test(arguments: activations.indices) func endsOfTheRange(_ index: Int) throws {
    let (name, function) = Self.activations[index]
    let limit = try #require(Self.limits[name])
    let x = Tensor([-.infinity, -1e30, 1e30, .infinity], shape: [4]).requiringGradient()
    let y = function(x)
    #expect(y.values[0] == limit.below && y.values[3] == limit.above)
    #expect(!y.values[1].isNaN && abs(y.values[2]) >= 1)
    for keepsTape in [false, true] {
      let slopes = gradients(of: function(x).sum(), withRespectTo: [x], keepingTape: keepsTape)[0].values
      for (found, expected) in zip(slopes, [limit.slopeBelow, limit.slopeBelow, limit.slopeAbove, limit.slopeAbove]) {
        #expect(abs(found - expected) < 1e-6)
      }
    }
  }

  @Test(arguments: activations.indices) func noneHidesNaN(_ index: Int) {
    let x = Tensor(repeating: .nan, shape: [37]).requiringGradient()
    let y = Self.activations[index].1(x)
    y.sum().backward()
    #expect(y.values.allSatisfy { $0.isNaN })
    #expect(x.gradient!.values.allSatisfy { $0.isNaN })
  }

  @Test(arguments: activations.indices) func emptyAndSixteenBits(_ index: Int) {
    let function = Self.activations[index].1
    let empty = Tensor([], shape: [0, 5]).requiringGradient()
    function(empty).sum().backward()
    #expect(empty.gradient?.shape == [0, 5])
    let x = Tensor(sampleValues(19), shape: [19]).cast(to: .bfloat16).requiringGradient()
    let y = function(x)
    y.sum().backward()
    #expect(y.precision == .bfloat16 && x.gradient?.precision == .bfloat16)
    #expect(relativeDifference(y.values, function(x.cast(to: .float32)).values) < 0x1p-8)
  }

  /// Within a few units in the last place where exponentials are small, too.
  @Test func smallValuesKeepTheirDigits() {
    let points = stride(from: Float(-80), through: 30, by: 0.0371).map { $0 }
    func worst(_ f: (Tensor) -> Tensor, _ exact: (Double) -> Double, above least: Float) -> Double {
      let points = points.filter { $0 > least }
      return zip(points, f(Tensor(points, shape: [points.count])).values).reduce(0) { worst, pair in
        max(worst, abs(Double(pair.1) / exact(Double(pair.0)) - 1))
      }
    }
    #expect(worst(softplus, { log1p(Foundation.exp($0)) }, above: -81) < 5e-7)
    #expect(worst(silu, { $0 / (1 + Foundation.exp(-$0)) }, above: -81) < 5e-7)
    #expect(worst(mish, { $0 * Foundation.tanh(log1p(Foundation.exp($0))) }, above: -81) < 5e-7)
    #expect(worst({ elu($0) }, { $0 > 0 ? $0 : expm1($0) }, above: -81) < 3e-7)
    #expect(worst({ gelu($0) }, { $0 * erfc(-$0 / 2.0.squareRoot()) / 2 }, above: -4) < 1e-6)
    #expect(worst({ gelu($0) }, { $0 * erfc(-$0 / 2.0.squareRoot()) / 2 }, above: -12.5) < 1e-5)
  }

  @Test func rowsOfOneClassAndEmptyBatches() {
    let x = Tensor([3, -200], shape: [2, 1]).requiringGradient()
    #expect(softmax(x).values == [1, 1] && logSoftmax(x).values == [0, 0])
    #expect(crossEntropy(x, [0, 0], reduction: .none).values == [0, 0])
    (softmax(x) + logSoftmax(x) + crossEntropy(x, [0, 0], labelSmoothing: 0.2)).sum().backward()
    #expect(x.gradient!.values.allSatisfy { abs($0) < 1e-6 })
    let empty = Tensor([], shape: [0, 5]).requiringGradient()
    #expect(logSoftmax(empty).shape == [0, 5])
    #expect(crossEntropy(empty, []).value.isNaN && meanAbsoluteError(empty, empty).value.isNaN)
    #expect(crossEntropy(empty, [], classWeights: [1, 2, 3, 4, 5], reduction: .none).shape == [0])
    crossEntropy(empty, [], reduction: .sum).backward()
    #expect(empty.gradient?.shape == [0, 5])
  }

  /// A class that is shut out by −∞ costs nothing where it is not asked for.
  @Test func infiniteLogits() {
    let x = Tensor([1, -.infinity, 1], shape: [1, 3]).requiringGradient()
    let loss = crossEntropy(x, [2], classWeights: [1, 5, 2])
    loss.backward()
    #expect(abs(loss.value - Float(Foundation.log(2.0))) < 1e-6)
    #expect(x.gradient?.values == [0.5, 0, -0.5])
    let logits = Tensor([1e30, -1e30], shape: [2]).requiringGradient(), truth = Tensor([1, 0], shape: [2])
    let certain = binaryCrossEntropy(logits: logits, truth)
    certain.backward()
    #expect(certain.value == 0 && logits.gradient?.values == [0, 0])
    #expect(crossEntropy(Tensor([0, .nan], shape: [1, 2]), [0], classWeights: [1, 1]).value.isNaN)
  }

  @Test(arguments: [Precision.bfloat16, .float16]) func lossesOfSixteenBitsAreInFloat32(_ precision: Precision) {
    let x = Tensor(sampleValues(12), shape: [4, 3]).cast(to: precision).requiringGradient()
    let target = Tensor(sampleValues(12, seed: 2), shape: [4, 3]), share = target.absolute()
    let losses: [(Tensor) -> Tensor] = [
      { crossEntropy($0, [0, 2, 1, 1], labelSmoothing: 0.1) }, { meanSquaredError($0, target) },
      { meanAbsoluteError($0, target) }, { huberLoss($0, target) }, { binaryCrossEntropy(logits: $0, share) },
      { binaryCrossEntropy(probabilities: $0.absolute(), share) },
      { negativeLogLikelihood(-$0.absolute(), [0, 2, 1, 1]) },
    ]
    for loss in losses {
      #expect(loss(x).precision == .float32)
      #expect(loss(x).value == loss(x.cast(to: .float32)).value)
      #expect(gradients(of: loss(x), withRespectTo: [x])[0].precision == precision)
    }
  }

  @Test func theMeanIsTheDefaultReduction() {
    let x = Tensor(sampleValues(12), shape: [4, 3]), target = Tensor(sampleValues(12, seed: 2), shape: [4, 3])
    let labels = [0, 2, 1, 1], share = target.absolute(), p = softmax(x)
    let losses: [(byDefault: Tensor, by: (Reduction) -> Tensor, count: Int)] = [
      (crossEntropy(x, labels), { crossEntropy(x, labels, reduction: $0) }, 4),
      (binaryCrossEntropy(logits: x, share), { binaryCrossEntropy(logits: x, share, reduction: $0) }, 12),
      (
        binaryCrossEntropy(probabilities: p, share),
        { binaryCrossEntropy(probabilities: p, share, reduction: $0) }, 12
      ),
      (negativeLogLikelihood(-share, labels), { negativeLogLikelihood(-share, labels, reduction: $0) }, 4),
      (crossEntropy(probabilities: p, labels), { crossEntropy(probabilities: p, labels, reduction: $0) }, 4),
      (meanSquaredError(x, target), { meanSquaredError(x, target, reduction: $0) }, 12),
      (meanAbsoluteError(x, target), { meanAbsoluteError(x, target, reduction: $0) }, 12),
      (huberLoss(x, target), { huberLoss(x, target, reduction: $0) }, 12),
    ]
    for (byDefault, loss, count) in losses {
      let mean = loss(.sum).value / Float(count)
      #expect(byDefault.shape == [] && byDefault.value == loss(.mean).value)
      #expect(mean != 0 && abs(byDefault.value - mean) <= 1e-6 * abs(mean))
    }
  }

  /// A probability of 0 has a finite loss and derivative; a logarithm of −∞ has not.
  @Test func probabilitiesOfZeroAndOne() {
    let p = Tensor([0, 1, 1, 0], shape: [2, 2]).requiringGradient()
    let losses = crossEntropy(probabilities: p, [0, 0], reduction: .none)
    losses.sum().backward()
    #expect(losses.values == [100, 0] && p.gradient?.values == [-1e12, 0, -1, 0])
    let logarithms = Tensor([0, -.infinity], shape: [1, 2]).requiringGradient()
    #expect(negativeLogLikelihood(logarithms, [1]).value == .infinity)
    let certain = negativeLogLikelihood(logarithms, [0])
    certain.backward()
    #expect(certain.value == 0 && logarithms.gradient?.values == [-1, 0])
  }

  /// NaN, as of a training that has diverged, is no programmer error.
  @Test func probabilitiesThatAreNaN() {
    let nan = Tensor(repeating: .nan, shape: [2, 3]), half = Tensor(repeating: 0.5, shape: [2, 3])
    for loss in [
      crossEntropy(probabilities: nan, [0, 1]), negativeLogLikelihood(nan, [0, 1]),
      binaryCrossEntropy(probabilities: nan, half), binaryCrossEntropy(probabilities: half, nan),
      binaryCrossEntropy(logits: half, nan), binaryCrossEntropy(logits: nan, half),
    ] { #expect(loss.value.isNaN) }
  }

  @Test func probabilitiesOfEmptyBatches() {
    let empty = Tensor([], shape: [0, 5]).requiringGradient()
    #expect(crossEntropy(probabilities: empty, []).value.isNaN && negativeLogLikelihood(empty, []).value.isNaN)
    #expect(binaryCrossEntropy(probabilities: empty, empty).value.isNaN)
    (crossEntropy(probabilities: empty, [], reduction: .sum) + negativeLogLikelihood(empty, [], reduction: .sum)
      + binaryCrossEntropy(probabilities: empty, empty, reduction: .sum)).backward()
    #expect(empty.gradient?.shape == [0, 5])
  }

  /// Rows of softmax in 16 bits have sums that differ from 1 by their rounding.
  @Test(arguments: [Precision.bfloat16, .float16]) func probabilitiesOfSixteenBitsArePermitted(_ precision: Precision) {
    let x = Tensor(sampleValues(64 * 33).map { 5 * $0 }, shape: [64, 33]).cast(to: precision)
    let labels = (0..<64).map { $0 % 33 }
    #expect(crossEntropy(probabilities: softmax(x), labels).value > 1)
    #expect(negativeLogLikelihood(logSoftmax(10 * x), labels).value > 1)
    // Exact in 16 bits.
    let p = Tensor([0.5, 0.25, 0.25], shape: [1, 3]).cast(to: precision).requiringGradient()
    let loss = crossEntropy(probabilities: p, [1])
    loss.backward()
    #expect(loss.precision == .float32 && abs(loss.value - 1.3862944) < 1e-6)
    #expect(p.gradient?.precision == precision && p.gradient?.values == [0, -4, 0])
  }

  /// Losses whose program stops, and what it prints.
  static let refused: [(loss: @Sendable () -> Tensor, words: String)] = [
    (
      { binaryCrossEntropy(logits: ones([2, 2]), Tensor([0, 1, 1, 1.5], shape: [2, 2])) },
      "binaryCrossEntropy: the target 1.5 at position 3 is out of range; it must be from 0 to 1: 1 for a positive"
    ),
    (
      { binaryCrossEntropy(logits: ones([2]), Tensor([-1, 1], shape: [2])) },
      "binaryCrossEntropy: the target -1.0 at position 0 is out of range"
    ),
    (
      { binaryCrossEntropy(probabilities: ones([2]), Tensor([1, 2], shape: [2])) },
      "binaryCrossEntropy: the target 2.0 at position 1 is out of range"
    ),
    (
      { binaryCrossEntropy(probabilities: Tensor([0.5, 1.25], shape: [2]), ones([2])) },
      "binaryCrossEntropy: the probability 1.25 at position 1 is out of range; it must be from 0 to 1: apply sigmoid"
    ),
    (
      { binaryCrossEntropy(probabilities: ones([3, 1]), ones([3])) },
      "binaryCrossEntropy: shapes [3, 1] and [3] don't fit: prediction and target have the same shape; write "
        + "target.reshaped(3, 1)"
    ),
    (
      { binaryCrossEntropy(logits: ones([3]), ones([3, 1])) },
      "binaryCrossEntropy: shapes [3] and [3, 1] don't fit: prediction and target have the same shape; write "
        + "target.reshaped(3)"
    ),
    ({ meanSquaredError(ones([3, 1]), ones([3])) }, "target.reshaped(3, 1)"),
    ({ meanAbsoluteError(ones([3, 1]), ones([3])) }, "target.reshaped(3, 1)"),
    (
      { huberLoss(ones([2, 3]), ones([3])) },
      "prediction and target have the same shape; losses do not broadcast, so write target.broadcast(to: [2, 3])"
    ),
    (
      { meanSquaredError(ones([2, 3]), ones([4])) },
      "shapes [2, 3] and [4] don't fit: prediction and target have the same shape\n"
    ),
    (
      { crossEntropy(probabilities: Tensor([0.5, 0.5, 2, -1], shape: [2, 2]), [0, 1]) },
      "crossEntropy: the probability 2.0 at position 2 is out of range; it must be from 0 to 1: apply softmax to logits"
    ),
    (
      { crossEntropy(probabilities: Tensor([0.5, 0.5, 0.5, 0.498], shape: [2, 2]), [0, 1]) },
      "crossEntropy: the probabilities of row 1 have the sum 0.998; it must be 1 within 0.001; apply softmax to logits"
    ),
    (
      { crossEntropy(probabilities: Tensor([0.5, 0.5], shape: [1, 2]), [2]) },
      "crossEntropy: label 2 in row 0, labels are 0 to 1"
    ),
    (
      { crossEntropy(probabilities: ones([2]), [0, 0]) },
      "crossEntropy: probabilities of shape [2] for 2 labels, [labels, classes] is needed"
    ),
    (
      { negativeLogLikelihood(Tensor([-1, 0.5], shape: [1, 2]), [0]) },
      "negativeLogLikelihood: the log probability 0.5 at position 1 is out of range; logarithms of probabilities are 0 or "
        + "less: use logSoftmax, or crossEntropy for logits"
    ),
    (
      { negativeLogLikelihood(-ones([2, 2]), [0, -1]) }, "negativeLogLikelihood: label -1 in row 1, labels are 0 to 1"
    ),
    (
      { negativeLogLikelihood(-ones([2, 2]), [0]) },
      "negativeLogLikelihood: log probabilities of shape [2, 2] for 1 labels, [labels, classes] is needed"
    ),
    (
      { negativeLogLikelihood(-ones([1, 2]), [0], classWeights: [1]) },
      "negativeLogLikelihood: 1 class weights for 2 classes"
    ),
  ]

  private static let input = ExitTestInput("refused-losses")

  @Test(.serialized, arguments: refused.indices) func refusedLossesNameWhatIsWrong(_ index: Int) async throws {
    try Self.input.set(index)
    defer { Self.input.remove() }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ActivationAndLossTests.refused[try ActivationAndLossTests.input.value()].loss()
    }
    #expect(text(result).contains(Self.refused[index].words), "\(text(result))")
  }

  private func text(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  @Test func wrongLabelsStopAndSayWhich() async {
    let outside = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(Tensor(repeating: 0, shape: [2, 3]), [0, 3])
    }
    #expect(text(outside).contains("crossEntropy: label 3 in row 1, labels are 0 to 2"))
    let missing = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(Tensor(repeating: 0, shape: [2, 3]), [0])
    }
    #expect(text(missing).contains("crossEntropy: logits of shape [2, 3] for 1 labels"))
    let weights = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(Tensor(repeating: 0, shape: [1, 3]), [0], classWeights: [1, 2])
    }
    #expect(text(weights).contains("crossEntropy: 2 class weights for 3 classes"))
    let smoothing = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(Tensor(repeating: 0, shape: [1, 3]), [0], labelSmoothing: 1.5)
    }
    #expect(text(smoothing).contains("crossEntropy: the label smoothing is 1.5"))
  }

  @Test func wrongShapesStopAndSayWhy() async {
    let target = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = huberLoss(Tensor(repeating: 0, shape: [2, 3]), Tensor(repeating: 0, shape: [3]))
    }
    #expect(text(target).contains("huberLoss: shapes [2, 3] and [3] don't fit"))
    let weight = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor(repeating: 0, shape: [2, 3])
      _ = binaryCrossEntropy(logits: x, x, positiveWeight: Tensor(repeating: 1, shape: [2]))
    }
    #expect(text(weight).contains("binaryCrossEntropy: shapes [2] and [2, 3] don't fit"))
    let scalar = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = logSoftmax(Tensor(1))
    }
    #expect(text(scalar).contains("logSoftmax: no dimension -1 in the shape []"))
    let slope = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = leakyReLU(Tensor(1), slope: -1)
    }
    #expect(text(slope).contains("leakyReLU: the slope -1.0 is negative"))
  }
}

private func ones(_ shape: Shape) -> Tensor { Tensor(repeating: 1, shape: shape) }
