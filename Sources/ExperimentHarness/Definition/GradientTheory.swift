import Rheoscope

/// What theory predicts of a net's gradients at initialization.
public enum GradientTheory: Sendable {
  /// Every layer multiplies the gradient by the same factor.
  case sameInEveryLayer(factor: Double)
  /// Each layer multiplies the gradient by √χ at the mean square of its inputs, which follows from layer to layer by the length
  /// map; `firstLength` is the mean square of the first layer's outputs.
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

  /// n times the variance that a layer of n units adds to the logarithm of the squared gradient, the mean over `depth` layers: 5 where every
  /// layer has the same factor, as ReLU.
  public func varianceOfLayer(depth: Int) -> Double {
    switch self {
    case .sameInEveryLayer: return varianceOfReLU
    case .meanField(let theory, let firstLength):
      var q = firstLength, sum = 0.0
      for _ in 0..<depth {
        sum += theory.gradientVariance(atLength: q)
        q = theory.nextLength(after: q)
      }
      return sum / Double(depth)
    }
  }
}

extension Variant {
  /// The RMS of dL/d(output) of each layer with weights, input first, relative to the last one's; nil without a theory.
  package func predictedProfile(_ settings: Settings) -> [Double]? {
    let settings = adjusted(settings)
    return theory?(settings).profile(depth: settings.depth)
  }

  /// The predicted gradient factor per layer, fitted to the predicted profile as the measured one is to the measured profile. Nil
  /// where the net is too shallow for a fit, and without a theory.
  package func predictedGradientFactor(_ settings: Settings) -> Double? {
    predictedProfile(settings).flatMap { profile in
      gradientFactorPerLayer(profile.enumerated().map { (depth: Double($0.offset + 1), value: $0.element) })
    }
  }
}
