import Foundation
import MeanField
import Support
import Testing

@Suite struct MeanFieldTests {
  /// net, q*, χ, √χ: the values of Schoenholz et al. (2017) and of direct integration.
  @Test(arguments: [
    (MeanField(.sigmoid, weightVariance: 1), 0.26469, 0.055721, 0.23605),
    (MeanField(.tanh, weightVariance: 0.5, biasVariance: 0.05), 0.08758, 0.43199, 0.65726),
    (MeanField(.tanh, weightVariance: 1.760955, biasVariance: 0.05), 0.570048, 1, 1),
    (MeanField(.tanh, weightVariance: 4, biasVariance: 0.05), 2.19549, 1.34240, 1.15862),
  ])
  func fixedPoints(_ theory: MeanField, _ length: Double, _ slope: Double, _ factor: Double) throws {
    #expect(abs(try #require(theory.fixedLength) / length - 1) < 5e-5)
    #expect(abs(theory.fixedSlope / slope - 1) < 1e-5)
    #expect(abs(theory.gradientFactor / factor - 1) < 1e-5)
  }

  @Test(arguments: [(2.0, 1.0), (1.0, 0.70711), (1.0 / 3, 0.40825)])
  func reluScalesWithTheWeightVariance(_ variance: Double, _ factor: Double) {
    #expect(abs(MeanField(.relu, weightVariance: variance).gradientFactor - factor) < 1e-5)
    for q in [1e-3, 1, 40] {
      #expect(abs(MeanField(.relu, weightVariance: variance).slope(atLength: q) - variance / 2) < 1e-12)
    }
    #expect(abs(MeanField(.relu, weightVariance: variance).nextLength(after: 3) - 3 * variance / 2) < 1e-11)
  }

  @Test func momentsOfTheNormalDistribution() {
    #expect(abs(MeanField(.linear, weightVariance: 1).nextLength(after: 2.5) - 2.5) < 1e-12)
    let cube = Activation("cube", value: { $0 * $0 * $0 }, slope: { 3 * $0 * $0 })
    #expect(abs(MeanField(cube, weightVariance: 1).nextLength(after: 1) - 15) < 1e-10)
    #expect(abs(MeanField(cube, weightVariance: 1).slope(atLength: 1) - 27) < 1e-10)
  }

  /// Values of direct integration with 30 digits: E[φ²] and E[φ′²], from almost linear units to saturated ones.
  @Test(arguments: [
    (Activation.tanh, 0.001, 0.0009980056460916508, 0.9980069688329749),
    (.tanh, 1, 0.3942944903978412, 0.4644029024482682),
    (.tanh, 25, 0.8429617595625437, 0.1057063280565465),
    (.tanh, 100, 0.9205368634305167, 0.05310678774811583),
    (.tanh, 10_000, 0.992021482480513, 0.005319144644014622),
    (.sigmoid, 1, 0.293379035858093, 0.04483624135019437),
    (.sigmoid, 100, 0.4607404398906359, 0.006606645503534153),
    (.sigmoid, 10_000, 0.4960112332031644, 0.0006648609237265197),
  ])
  func integralsHaveTenCorrectDigits(_ activation: Activation, _ q: Double, _ square: Double, _ slopeSquare: Double) {
    let theory = MeanField(activation, weightVariance: 1)
    #expect(abs(theory.nextLength(after: q) / square - 1) < 1e-10)
    #expect(abs(theory.slope(atLength: q) / slopeSquare - 1) < 1e-10)
  }

  @Test(arguments: [1.0 / 3, 1, 2, 4]) func layerNormalizationCancelsTheWeightVariance(_ variance: Double) {
    #expect(abs(MeanField(.relu, weightVariance: variance).layerNormFactor - 1) < 1e-10)
    #expect(abs(MeanField(.tanh, weightVariance: variance).layerNormFactor - 1.085268276650608) < 1e-10)
    // Biases add to q but not to χ.
    #expect(abs(MeanField(.relu, weightVariance: 2, biasVariance: 1).layerNormFactor - 0.5.squareRoot()) < 1e-10)
  }

  @Test func depthScaleAndResiduals() {
    #expect(abs(MeanField(.relu, weightVariance: 1).depthScale - 1 / log(2)) < 1e-9)
    #expect(MeanField(.tanh, weightVariance: 4, biasVariance: 0.05).depthScale < 0)
    // He, α = 1, ten layers: 32. α = 1/√L tends to √e. α = 0: 1.
    #expect(abs(pow(MeanField.residualFactor(scale: 1, weightVariance: 2), 10) - 32) < 1e-9)
    #expect(abs(pow(MeanField.residualFactor(scale: 0.001, weightVariance: 2), 1e6) - exp(0.5)) < 1e-5)
    #expect(MeanField.residualFactor(scale: 0, weightVariance: 2) == 1)
    #expect(abs(MeanField.batchNormFactor - 1.21117) < 1e-5)
  }

  @Test func finiteDepthTendsToTheFixedPoint() {
    let sigmoid = MeanField(.sigmoid, weightVariance: 1)
    let factors = sigmoid.gradientFactors(depth: 30, inputLength: 1)
    #expect(factors.count == 29 && abs(factors[28] - sigmoid.gradientFactor) < 1e-6)
    #expect(factors[0] < factors[28])
    // tanh at σ_w² = 1 approaches q = 0 as 1 / (2 depth), and so χ = 1 only slowly.
    let tanh = MeanField(.tanh, weightVariance: 1).gradientFactors(depth: 50, inputLength: 1)
    #expect(tanh[48] > 0.97 && tanh[48] < 0.995)
  }

  @Test func fits() throws {
    let exact = (0..<20).map { (depth: Double($0), value: 1e-30 * pow(0.25, Double(19 - $0))) }
    let fit = try #require(GeometricFit(exact))
    #expect(abs(fit.factorPerLayer - 0.25) < 1e-12 && abs(fit.rSquared - 1) < 1e-12 && fit.used == 20)
    #expect(abs(fit.value(at: 7) / exact[7].value - 1) < 1e-9)
    let holes = try #require(GeometricFit(exact + [(20, 0), (21, .nan), (22, .infinity)]))
    #expect(holes.leftOut == 3 && abs(holes.factorPerLayer - 0.25) < 1e-12)
    #expect(
      GeometricFit([(1, 1)]) == nil && GeometricFit([(1, 1), (1, 2)]) == nil && GeometricFit([(1, 0), (2, 0)]) == nil)
    // The first and last tenth are left out.
    var bent = exact
    (bent[0].value, bent[19].value) = (1, 1)
    #expect(abs(try #require(GeometricFit(interiorOf: bent)).factorPerLayer - 0.25) < 1e-12)
  }
}
