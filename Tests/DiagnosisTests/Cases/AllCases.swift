extension DiagnosisCase {
  /// All cases.
  static let all: [DiagnosisCase] = [
    .sigmoidStack, .softmaxSingle, .doubleSoftmax, .rawPixels, .reluLine, .sqrtAtZero, .logOfZero,
    .batchNormEvaluated, .weightDecay, .sortedByClass, .shuffledLabels, .divergence, .forgetfulLSTM, .staleOptimizer,
    .frozenFeatures, .encoderWithoutGradients, .noOptimizerStep, .float16Overflow, .float16Underflow, .forwardByHand,
    .ganWithoutZeroGrad, .constants, .clippedAlways, .explodingRecurrence,
  ]

  /// Variants of cases, with the same cause and another symptom.
  static let variants: [DiagnosisCase] = [.doubleSoftmaxOfSpectrograms, .staleOptimizerOfHead]
}
