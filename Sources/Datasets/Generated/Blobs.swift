import Autodiff

extension Dataset {
  /// Gaussian clusters of points, one per class, which a linear model mostly separates.
  ///
  /// The coordinates of a class's center are standard normal; a point is its center plus normal noise of standard deviation
  /// `spread`. Inputs [samplesPerClass · classes, features], labels 0, 1, …, 0, 1, …. Stops the program unless there is at
  /// least 1 of each.
  ///
  /// Source: `make_blobs` of Pedregosa et al., "Scikit-learn: machine learning in Python", 2011.
  public static func blobs(
    samplesPerClass: Int = 500, classes: Int = 3, features: Int = 2, spread: Double = 0.25, seed: UInt64
  ) -> Dataset {
    guard samplesPerClass >= 1, classes >= 1, features >= 1 else {
      stop(
        "blobs",
        "\(samplesPerClass) samples per class, \(classes) classes and \(features) features; each must be at least 1")
    }
    var random = RandomStream(seed: seed, name: "blobs")
    let centers = (0..<classes).map { _ in (0..<features).map { _ in random.normalPair().0 } }
    let labels = (0..<samplesPerClass * classes).map { $0 % classes }
    let inputs = labels.flatMap { label in centers[label].map { Float($0 + spread * random.normalPair().0) } }
    return Dataset(inputs: inputs, labels: labels)
  }
}
