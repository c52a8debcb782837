import Foundation
import Rheoscope

/// The factor by which a layer multiplies a gradient in the backward pass: exp(−slope) of the least-squares line through
/// ln(value) over depth, fitted to the interior points of a profile that is ordered from input to output. Nil where fewer than two
/// points can be fitted.
public func gradientFactorPerLayer(_ profile: [(depth: Double, value: Double)]) -> Double? {
  GeometricFit(interiorOf: profile)?.factorPerLayer
}

/// The exponent p of the least-squares fit y ≈ a · xᵖ; NaN where fewer than two points have different x. x and y are positive.
public func powerLawExponent(x: [Double], y: [Double]) -> Double {
  GeometricFit(zip(x, y).map { (depth: log($0), value: $1) }).map { -log($0.factorPerLayer) } ?? .nan
}

extension Run {
  /// The gradient factor per layer, as `GradientProfile` fits it, at the first step; nil where there is no fit. Throws a `RunFileError`
  /// where the run file can't be read.
  public func gradientFactorAtStart() throws -> Double? { try GradientProfile.of(self)?.factor }

  /// The factor by which a layer multiplies the RMS of activations in the forward pass at the first step, fitted over interior
  /// layers with a weight matrix. Nil where fewer than two can be fitted. Throws a `RunFileError` where the run file can't be read.
  public func activationFactorAtStart() throws -> Double? {
    gradientFactorPerLayer(try profileAtStart(of: .activationRMS)).map { 1 / $0 }
  }

  /// A measure of the layers with a weight matrix at the first step, over their depth; NaN where it is not recorded. Throws a
  /// `RunFileError` where the run file can't be read.
  public func profileAtStart(of measure: LayerQuantity) throws -> [(depth: Double, value: Double)] {
    let values = try layers(measure)
    return sites.indices.filter { sites[$0].isLayer }.map { site in
      (depth: Double(sites[site].depth), value: values[site, 0] ?? .nan)
    }
  }
}
