import Autodiff
import Foundation

extension Dataset {
  /// Points on two interleaved spirals in the plane, one per class: hard for a shallow net.
  ///
  /// Point i of n is at radius r = i / n and angle 2π · turns · r on one spiral, and opposite on the other; each coordinate
  /// then has normal noise of standard deviation `noise`. Inputs [2 n, 2] within about ±1, labels alternate 0 and 1. Stops the
  /// program unless n is at least 1.
  ///
  /// Source: Lang and Witbrock, "Learning to tell two spirals apart", 1988.
  public static func twoSpirals(
    samplesPerClass count: Int = 500, turns: Double = 1.5, noise: Double = 0.02, seed: UInt64
  ) -> Dataset {
    guard count >= 1 else { stop("twoSpirals", "\(count) samples per class; there must be at least 1") }
    var random = RandomStream(seed: seed, name: "two spirals")
    var inputs: [Float] = []
    for index in 0..<count {
      let radius = Double(index) / Double(count), angle = 2 * Double.pi * turns * radius
      for side in [1.0, -1.0] {
        let (x, y) = random.normalPair()
        inputs.append(Float(side * radius * cos(angle) + noise * x))
        inputs.append(Float(side * radius * sin(angle) + noise * y))
      }
    }
    return Dataset(inputs: inputs, labels: (0..<2 * count).map { $0 % 2 })
  }
}
