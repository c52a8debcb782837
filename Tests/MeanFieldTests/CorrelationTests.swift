import Foundation
import MeanField
import Testing

@Suite struct CorrelationTests {
  /// The error function, whose integrals are known: E[φ(u₁) φ(u₂)] = 2/π asin(2qc / (1+2q)) (Williams 1997).
  private let erfNet = MeanField(
    Activation("erf", value: { erf($0) }, slope: { 2 / Double.pi.squareRoot() * exp(-$0 * $0) }), weightVariance: 3,
    biasVariance: 0.05)

  @Test(arguments: [0, 0.1, 0.5, 0.9, 1], [0.3, 1, 4])
  func theMapOfTheErrorFunctionIsThatOfWilliams(_ c: Double, _ q: Double) {
    let covariance = 3 * 2 / Double.pi * asin(2 * q * c / (1 + 2 * q)) + 0.05
    #expect(abs(erfNet.nextCorrelation(after: c, length: q) / (covariance / q) - 1) < 1e-9)
    let slope = 3 * 4 / Double.pi / (pow(1 + 2 * q, 2) - pow(2 * q * c, 2)).squareRoot()
    #expect(abs(erfNet.correlationSlope(at: c, length: q) / slope - 1) < 1e-9)
  }

  @Test func divergingPairsReachTheFixedPoint() throws {
    let q = try #require(erfNet.fixedLength), c = erfNet.fixedCorrelation
    #expect(erfNet.fixedSlope > 1 && c > 0 && c < 1)
    #expect(abs(3 * 2 / Double.pi * asin(2 * q * c / (1 + 2 * q)) + 0.05 - c * q) < 1e-9)
    let slope = 3 * 4 / Double.pi / (pow(1 + 2 * q, 2) - pow(2 * q * c, 2)).squareRoot()
    #expect(abs(erfNet.correlationDepthScale + 1 / log(slope)) < 1e-6)
  }

  /// Values of the trapezoidal rule on another grid, computed in Python.
  @Test(arguments: [
    (1.0, 1.0, 0.7590316471853825), (1.5, 1, 0.9386362681988417), (1.9, 0.838201487337827, 0.9749084113623903),
    (4, 0.16506496202220527, 0.8665279955972629),
  ])
  func tanhBelowAndAboveTheCriticalPoint(_ variance: Double, _ c: Double, _ slope: Double) {
    let theory = MeanField(.tanh, weightVariance: variance, biasVariance: 0.05)
    #expect(abs(theory.fixedCorrelation - c) < 1e-8)
    #expect(abs(theory.correlationDepthScale * log(slope) + 1) < 1e-7)
  }
}
