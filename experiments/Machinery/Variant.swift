import Rheoscope

/// One of the nets that an experiment compares.
public struct Variant: Sendable {
  /// What it is called in files and tables.
  public let name: String
  /// What it is, in a few words.
  public let title: String
  /// A new net, not yet initialized, from rows of 784 pixels to ten classes.
  package let net: @Sendable (Settings) -> Module
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

  /// The RMS of dL/d(output) of each layer with weights, input first, relative to the last one's.
  package func predictedProfile(_ settings: Settings) -> [Double] {
    let factors =
      switch theory(settings) {
      case .sameInEveryLayer(let factor): [Double](repeating: factor, count: settings.depth - 1)
      case .meanField(let theory, let firstLength):
        theory.gradientFactors(depth: settings.depth, inputLength: firstLength)
      }
    return factors.reversed().reduce(into: [1]) { $0.append($0.last! * $1) }.reversed()
  }

  /// The factor a layer by which dL/d(output) should change, going back; fitted as the measured one is. Nil where the net is
  /// too shallow for a fit.
  package func predictedGradientFactor(_ settings: Settings) -> Double? {
    GeometricFit(interiorOf: predictedProfile(settings).enumerated().map { (Double($0.offset + 1), $0.element) })?
      .factorGoingBack
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
