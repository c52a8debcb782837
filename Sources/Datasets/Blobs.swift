import Autodiff

extension Dataset {
  /// Round clouds of points, a class each: what a net without hidden layers can mostly tell apart.
  ///
  /// Each coordinate of a class's center is a standard normal number, and each of a point is its center's plus a normal number
  /// of standard deviation `spread`. Inputs [samplesPerClass · classes, features], labels 0, 1, …, 0, 1, ….
  ///
  /// Source: after the set of that name in Pedregosa et al., "Scikit-learn: machine learning in Python", 2011.
  public static func blobs(
    samplesPerClass: Int = 500, classes: Int = 3, features: Int = 2, spread: Double = 0.25, seed: UInt64
  ) -> Dataset {
    guard samplesPerClass >= 1, classes >= 1, features >= 1 else {
      stop(
        "blobs",
        "\(samplesPerClass) samples in each of \(classes) classes with \(features) features, at least 1 of each")
    }
    var random = RandomStream(seed: seed, name: "blobs")
    let centers = (0..<classes).map { _ in (0..<features).map { _ in random.normalPair().0 } }
    let labels = (0..<samplesPerClass * classes).map { $0 % classes }
    let inputs = labels.flatMap { label in centers[label].map { Float($0 + spread * random.normalPair().0) } }
    return Dataset(inputs: inputs, labels: labels)
  }
}
