import Autodiff
import Foundation

extension Dataset {
  /// Points on two concentric circles in the plane, one per class, which no straight line separates.
  ///
  /// Point i of n is at the angle 2π i / n on both circles, of radius 1 (class 0) and `innerRadius` (class 1); each coordinate
  /// then has normal noise of standard deviation `noise`. Inputs [2 n, 2], labels alternate 0 and 1. Stops the program unless n
  /// is at least 1.
  ///
  /// Source: `make_circles` of Pedregosa et al., "Scikit-learn: machine learning in Python", 2011.
  public static func circles(
    samplesPerClass count: Int = 500, innerRadius: Double = 0.5, noise: Double = 0.05, seed: UInt64
  ) -> Dataset {
    guard count >= 1 else { stop("circles", "\(count) samples per class; there must be at least 1") }
    var random = RandomStream(seed: seed, name: "circles")
    var inputs: [Float] = []
    for index in 0..<count {
      let angle = 2 * Double.pi * Double(index) / Double(count)
      for radius in [1, innerRadius] {
        let (x, y) = random.normalPair()
        inputs.append(Float(radius * cos(angle) + noise * x))
        inputs.append(Float(radius * sin(angle) + noise * y))
      }
    }
    return Dataset(inputs: inputs, labels: (0..<2 * count).map { $0 % 2 })
  }
}
