import Autodiff
import Foundation

extension Dataset {
  /// Two spirals wound around each other in the plane, a class each: easy to see, hard for a shallow net.
  ///
  /// Point i of n on a spiral is at radius r = i / n and angle 2π · turns · r, the other spiral is opposite; each coordinate is
  /// then moved by a normal number of standard deviation `noise`. Inputs [2 n, 2] within about ±1, labels alternate 0 and 1.
  ///
  /// Source: Lang and Witbrock, "Learning to tell two spirals apart", 1988.
  public static func twoSpirals(
    samplesPerClass count: Int = 500, turns: Double = 1.5, noise: Double = 0.02, seed: UInt64
  ) -> Dataset {
    guard count >= 1 else { stop("twoSpirals", "\(count) samples a class, at least 1 is needed") }
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
