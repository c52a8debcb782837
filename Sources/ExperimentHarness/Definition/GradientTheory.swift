import Rheoscope

/// What is known of gradients before any training.
public enum GradientTheory: Sendable {
  /// Every layer multiplies the gradient by the same.
  case sameInEveryLayer(factor: Double)
  /// Each layer multiplies it by what its inputs' size makes of the activation's slope; `firstLength` is the mean square of
  /// the first layer's outputs.
  case meanField(MeanField, firstLength: Double)

  /// The RMS of dL/d(output) of each of `depth` layers, input first, relative to the last one's.
  func profile(depth: Int) -> [Double] {
    let factors =
      switch self {
      case .sameInEveryLayer(let factor): [Double](repeating: factor, count: depth - 1)
      case .meanField(let theory, let firstLength): theory.gradientFactors(depth: depth, inputLength: firstLength)
      }
    return factors.reversed().reduce(into: [1]) { $0.append($0.last! * $1) }.reversed()
  }
}

extension Variant {
  /// The RMS of dL/d(output) of each layer with weights, input first, relative to the last one's; nil without a theory.
  package func predictedProfile(_ settings: Settings) -> [Double]? {
    let settings = adjusted(settings)
    return theory?(settings).profile(depth: settings.depth)
  }

  /// The factor a layer by which dL/d(output) should change, going back; fitted as the measured one is. Nil where the net is
  /// too shallow for a fit, and without a theory.
  package func predictedGradientFactor(_ settings: Settings) -> Double? {
    predictedProfile(settings).flatMap { profile in
      GeometricFit(interiorOf: profile.enumerated().map { (Double($0.offset + 1), $0.element) })?.factorPerLayer
    }
  }
}
