import Autodiff

extension Dataset {
  /// Random inputs with the outputs of a random teacher net as targets: a regression that a net of its size can learn exactly.
  ///
  /// y = V relu(W x) + noise, with standard normal x, normal W [hidden, features] of variance 2 / features, normal V [outputs,
  /// hidden] of variance 1 / hidden, and normal noise of standard deviation `noise`. Inputs [samples, features], targets
  /// [samples, outputs]. The teacher depends on the seed and its sizes, not on `samples`. Stops the program unless all sizes
  /// are at least 1.
  ///
  /// Source: Seung, Sompolinsky and Tishby, "Statistical mechanics of learning from examples", 1992.
  public static func teacherNet(
    samples: Int = 1_000, features: Int = 20, hidden: Int = 32, outputs: Int = 1, noise: Double = 0, seed: UInt64
  ) -> Dataset {
    let taught = Teacher(features, hidden, outputs, seed).samples(samples, noise: noise)
    return Dataset(
      inputs: Samples(taught.inputs, count: samples), labels: [], targets: Samples(taught.outputs, count: samples))
  }

  /// Random inputs [samples, features] with classes from a random teacher net: the index of the largest of its `classes` outputs.
  /// Classes differ in size. Stops the program unless all sizes are at least 1.
  public static func teacherNet(
    samples: Int = 1_000, features: Int = 20, hidden: Int = 32, classes: Int, seed: UInt64
  ) -> Dataset {
    let taught = Teacher(features, hidden, classes, seed).samples(samples, noise: 0)
    let labels = (0..<samples).map { sample in
      (0..<classes).max { taught.outputs[sample * classes + $0] < taught.outputs[sample * classes + $1] }!
    }
    return Dataset(inputs: taught.inputs, labels: labels)
  }
}

private struct Teacher {
  let features: Int
  let first: [[Double]]
  let second: [[Double]]
  /// The random stream after the weights have been drawn.
  let random: RandomStream

  init(_ features: Int, _ hidden: Int, _ outputs: Int, _ seed: UInt64) {
    guard features >= 1, hidden >= 1, outputs >= 1 else {
      stop(
        "teacherNet",
        "\(features) features, \(hidden) hidden units and \(outputs) outputs; each must be at least 1")
    }
    var random = RandomStream(seed: seed, name: "teacher net")
    func matrix(_ rows: Int, _ columns: Int, variance: Double) -> [[Double]] {
      (0..<rows).map { _ in (0..<columns).map { _ in random.normalPair().0 * variance.squareRoot() } }
    }
    self.features = features
    first = matrix(hidden, features, variance: 2 / Double(features))
    second = matrix(outputs, hidden, variance: 1 / Double(hidden))
    self.random = random
  }

  func samples(_ samples: Int, noise: Double) -> (inputs: [Float], outputs: [Float]) {
    guard samples >= 1 else { stop("teacherNet", "\(samples) samples; there must be at least 1") }
    var random = random
    var inputs: [Float] = [], outputs: [Float] = []
    for _ in 0..<samples {
      let x = (0..<features).map { _ in Float(random.normalPair().0) }
      let units = product(first, x.map(Double.init)).map { max($0, 0) }
      inputs += x
      outputs += product(second, units).map { Float($0 + noise * random.normalPair().0) }
    }
    return (inputs, outputs)
  }

  private func product(_ matrix: [[Double]], _ vector: [Double]) -> [Double] {
    matrix.map { row in zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 } }
  }
}
