import Rheoscope

/// One of the nets that an experiment compares.
public struct Variant: Sendable {
  /// What it is called in files and tables.
  public let name: String
  /// What it is, in a few words.
  public let title: String
  /// A new net, not yet initialized, from rows of 784 pixels to ten classes.
  let net: @Sendable (Settings) -> Module
  /// What theory says of it at initialization.
  let theory: @Sendable (Settings) -> GradientTheory

  /// A variant made of its parts.
  public init(
    _ name: String, _ title: String, theory: @escaping @Sendable (Settings) -> GradientTheory,
    net: @escaping @Sendable (Settings) -> Module
  ) {
    self.name = name
    self.title = title
    self.net = net
    self.theory = theory
  }

  /// The factor a layer by which dL/d(layer's output) should change, going back; fitted as the measured one is. Nil where
  /// the net is too shallow for a fit.
  func predictedGradientFactor(_ settings: Settings) -> Double? {
    let factors: [Double]
    switch theory(settings) {
    case .sameInEveryLayer(let factor): return factor
    case .meanField(let theory, let firstLength):
      factors = theory.gradientFactors(depth: settings.depth, inputLength: firstLength)
    }
    var value = 1.0
    var profile = [(depth: 1.0, value: value)]
    for (index, factor) in factors.enumerated() {
      value /= factor
      profile.append((Double(index + 2), value))
    }
    return GeometricFit(interiorOf: profile)?.factorGoingBack
  }
}

/// What is known of gradients before any training.
public enum GradientTheory: Sendable {
  /// Every layer multiplies the gradient by the same.
  case sameInEveryLayer(factor: Double)
  /// Each layer multiplies it by what its inputs' size makes of the activation's slope; `firstLength` is the mean square of
  /// the first layer's outputs.
  case meanField(MeanField, firstLength: Double)
}
