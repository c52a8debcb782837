import Foundation
import MeanField
import Testing

@Suite struct OrthogonalReLUTests {
  /// With one unit the factor is 2, where the unit is active. With two it is 2 where both are active, and 2 cos² of a random angle where
  /// one is, whose logarithm has the mean −log 2 and the variance π²/3.
  @Test func narrowLayersAreAsByHand() {
    let one = MeanField.orthogonalReLU(width: 1), two = MeanField.orthogonalReLU(width: 2), l = log(2.0)
    #expect(abs(one.mean - l / 2) < 1e-12 && abs(one.variance - l * l / 4) < 1e-12)
    #expect(abs(two.mean + l / 4) < 1e-12)
    let square = (l * l + Double.pi * Double.pi / 3) / 2 + l * l / 4
    #expect(abs(two.variance - (square - l * l / 16)) < 1e-12)
  }

  /// At large width 2 · share is normal with the variance 3/n, of which the number of active units adds 1/n and the random vector 2/n.
  @Test func wideLayersAreNormal() {
    let wide = MeanField.orthogonalReLU(width: 2_000)
    #expect(abs(2_000 * wide.mean + 1.5) < 0.01 && abs(2_000 * wide.variance - 3) < 0.02)
  }
}
