/// Classifies the samples of a batch by the nearest mean of classes, each sample without itself in the mean of its own class. At most 256
/// samples and about 1024 features of each are used.
struct NearestMean {
  private let labels: ArraySlice<Int>
  /// The number of values of a sample, of which every `stride`-th is used.
  private let size: Int, stride: Int, features: Int
  /// The number of samples of each class.
  private var members: [Float]

  /// Stops the program if a label is negative, or not below `classCount`.
  init(labels: [Int], classCount: Int, size: Int) {
    self.labels = labels.prefix(256)
    self.size = size
    stride = (size + 1023) / 1024
    features = (size + stride - 1) / stride
    members = [Float](repeating: 0, count: classCount)
    for label in self.labels { members[label] += 1 }
  }

  /// Classifies samples of numbers, and returns how many are right, of how many whose class has two samples or more.
  func classifyNumbers(_ values: UnsafeBufferPointer<Float>) -> (correct: Int, all: Int) {
    var means = [Float](repeating: 0, count: members.count * features)
    for (sample, label) in labels.enumerated() {
      for feature in 0..<features { means[label * features + feature] += values[sample * size + feature * stride] }
    }
    for label in members.indices where members[label] > 0 {
      for feature in 0..<features { means[label * features + feature] /= members[label] }
    }
    return means.withUnsafeBufferPointer { means in
      classify { sample, label, isOwn in
        let sample = values.baseAddress! + sample * size, mean = means.baseAddress! + label * features
        var distance: Float = 0
        for feature in 0..<features {
          let difference = sample[feature &* stride] - mean[feature]
          distance += difference * difference
        }
        // Without the sample, the mean of its n is farther away by the factor n / (n − 1).
        let factor = isOwn ? members[label] / (members[label] - 1) : 1
        return distance * factor * factor
      }
    }
  }

  /// The same for samples of tokens.
  func classifyTokens(_ values: UnsafeBufferPointer<Float>) -> (correct: Int, all: Int) {
    struct Entry: Hashable { let label: Int, feature: Int, token: Float }
    // How often a class has a token at a feature, and the sum of the squares of these counts.
    var counts: [Entry: Float] = [:], squares = [Float](repeating: 0, count: members.count)
    for (sample, label) in labels.enumerated() {
      for feature in 0..<features {
        let entry = Entry(label: label, feature: feature, token: values[sample * size + feature * stride])
        let count = counts[entry, default: 0]
        counts[entry] = count + 1
        squares[label] += 2 * count + 1
      }
    }
    return classify { sample, label, isOwn in
      // ‖x − m‖² = ‖x‖² − 2 x · m + ‖m‖², where ‖x‖² is the number of features.
      var product: Float = 0
      for feature in 0..<features {
        product += counts[Entry(label: label, feature: feature, token: values[sample * size + feature * stride])] ?? 0
      }
      guard isOwn else {
        return Float(features) - 2 * product / members[label] + squares[label] / (members[label] * members[label])
      }
      let count = members[label] - 1, own = Float(features)
      return own - 2 * (product - own) / count + (squares[label] - 2 * product + own) / (count * count)
    }
  }

  /// `distance` is that of a sample to the mean of a class, which is its own or not.
  private func classify(_ distance: (Int, Int, Bool) -> Float) -> (correct: Int, all: Int) {
    var correct = 0, all = 0
    for (sample, own) in labels.enumerated() where members[own] > 1 {
      var best = (distance: Float.infinity, label: -1)
      for label in members.indices where members[label] > 0 {
        let distance = distance(sample, label, label == own)
        if distance < best.distance { best = (distance, label) }
      }
      all += 1
      if best.label == own { correct += 1 }
    }
    return (correct, all)
  }
}
