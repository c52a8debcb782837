import Foundation
import Rheoscope

/// The data sets of the benchmark. Sizes are small, so that a run takes less than a second.
enum DataName: Hashable, Sendable, CustomStringConvertible {
  // Of both halves.
  /// Fashion-MNIST, 3000 pictures of 14 × 14 pixels, 10 classes.
  case fashion
  // Of the development half.
  /// A regression: the output of a random net for 12 normal numbers.
  case teacher
  /// Two circles, one in the other.
  case circles
  /// Five Gaussian clusters in ten dimensions.
  case blobs
  /// Sequences of six symbols; the class is the first symbol.
  case recall(length: Int)
  /// Noisy pictures of a bar in one of four directions.
  case bars
  /// The same sequences; the class is the last symbol.
  case echo(length: Int)
  // Of the test half.
  /// Two interleaved spirals.
  case spirals
  /// A regression: two sums of sines of three numbers.
  case waves
  /// Sequences of pairs of a number and a mark; the target is the sum of the two marked numbers.
  case adding(length: Int)
  /// Noisy pictures of stripes of three directions and two widths.
  case stripes
  /// Classes of a random net for 16 normal numbers.
  case teacherClasses
  // Of the second test half.
  /// The colour of a field of a board of 3 × 3 fields.
  case board
  /// A regression: absolute values of sums of six numbers, and a product.
  case ridges
  /// Sequences of six symbols; the class says which of the first three comes more often than the last three.
  case counting(length: Int)
  /// Sequences of pairs of a number and a mark; the target is the difference of the two marked numbers.
  case difference(length: Int)
  /// Noisy pictures of one to four spots.
  case spots

  var description: String {
    switch self {
    case .fashion: "fashion"
    case .teacher: "teacher"
    case .circles: "circles"
    case .blobs: "blobs"
    case .recall(let length): "recall-\(length)"
    case .echo(let length): "echo-\(length)"
    case .bars: "bars"
    case .spirals: "spirals"
    case .waves: "waves"
    case .adding(let length): "adding-\(length)"
    case .stripes: "stripes"
    case .teacherClasses: "teacher-classes"
    case .board: "board"
    case .ridges: "ridges"
    case .counting(let length): "counting-\(length)"
    case .difference(let length): "difference-\(length)"
    case .spots: "spots"
    }
  }
}

/// The order of an input's numbers.
enum Layout: Equatable, Sendable {
  case vector
  /// Height and width of pictures with one channel.
  case image(Int, Int)
  /// Token indices, [n, length].
  case tokens(length: Int, vocabulary: Int)
  /// [n, length, features].
  case sequence(length: Int, features: Int)
}

/// A data set with samples for validation, made once.
struct BenchmarkData: Sendable {
  let train, validation: Dataset
  /// The number of classes; nil for regression.
  let classes: Int?
  let layout: Layout

  var isRegression: Bool { classes == nil }
  /// The number of outputs of a net.
  var outputs: Int { classes ?? train.outputs }

  private init(_ data: Dataset, classes: Int?, _ layout: Layout = .vector) {
    (train, validation) = data.split(testFraction: 0.2, seed: 1)
    (self.classes, self.layout) = (classes, layout)
  }

  /// The data set with this name; the same for all runs.
  static func named(_ name: DataName) -> BenchmarkData { cache.value(of: name) { make(name) } }

  private static let cache = Cache<DataName, BenchmarkData>()

  private static func make(_ name: DataName) -> BenchmarkData {
    switch name {
    case .fashion: BenchmarkData(pooledFashion(3_750), classes: 10, .image(14, 14))
    case .teacher:
      BenchmarkData(
        .teacherNet(samples: 2_000, features: 12, hidden: 16, outputs: 1, noise: 0.05, seed: 3), classes: nil)
    case .circles: BenchmarkData(.circles(samplesPerClass: 600, noise: 0.1, seed: 4), classes: 2)
    case .blobs: BenchmarkData(.blobs(samplesPerClass: 300, classes: 5, features: 10, spread: 0.7, seed: 5), classes: 5)
    case .recall(let length):
      BenchmarkData(symbols(length) { $0[0] }, classes: 6, .tokens(length: length, vocabulary: 6))
    case .echo(let length):
      BenchmarkData(symbols(length) { $0[length - 1] }, classes: 6, .tokens(length: length, vocabulary: 6))
    case .bars: BenchmarkData(bars(), classes: 4, .image(12, 12))
    case .spirals: BenchmarkData(.twoSpirals(samplesPerClass: 600, turns: 0.75, noise: 0.03, seed: 6), classes: 2)
    case .waves: BenchmarkData(waves(), classes: nil)
    case .adding(let length): BenchmarkData(adding(length), classes: nil, .sequence(length: length, features: 2))
    case .stripes: BenchmarkData(stripes(), classes: 6, .image(10, 10))
    case .teacherClasses:
      BenchmarkData(.teacherNet(samples: 2_000, features: 16, hidden: 16, classes: 4, seed: 7), classes: 4)
    case .board: BenchmarkData(board(), classes: 2)
    case .ridges: BenchmarkData(ridges(), classes: nil)
    case .counting(let length):
      BenchmarkData(
        symbols(length) { symbols in 2 * symbols.count { $0 < 3 } > symbols.count ? 1 : 0 }, classes: 2,
        .tokens(length: length, vocabulary: 6))
    case .difference(let length):
      BenchmarkData(adding(length, sign: -1), classes: nil, .sequence(length: length, features: 2))
    case .spots: BenchmarkData(spots(), classes: 4, .image(12, 12))
    }
  }
}

/// Values by key, each made once, for several threads.
final class Cache<Key: Hashable & Sendable, Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [Key: Value] = [:]

  /// The value of a key, made by `make` at the first call.
  func value(of key: Key, _ make: () throws -> Value) rethrows -> Value {
    lock.lock()
    defer { lock.unlock() }
    if let value = values[key] { return value }
    let value = try make()
    values[key] = value
    return value
  }
}

/// Fashion-MNIST's first pictures, each pixel the mean of four.
private func pooledFashion(_ count: Int) -> Dataset {
  let all: FashionMNIST
  do { all = try FashionMNIST() } catch { fatalError("\(error)") }
  let batch = all.train.batch(at: 0..<count)
  let pixels = batch.inputs.values
  var inputs = [Float](repeating: 0, count: count * 196)
  for sample in 0..<count {
    for row in 0..<28 {
      for column in 0..<28 {
        inputs[sample * 196 + row / 2 * 14 + column / 2] += pixels[sample * 784 + row * 28 + column] / 4
      }
    }
  }
  return Dataset(inputs: inputs, labels: batch.labels)
}

private func symbols(_ length: Int, _ label: ([Float]) -> Float) -> Dataset {
  var random = RandomStream(seed: 8, name: "recall \(length)")
  let inputs = (0..<1_500).map { _ in (0..<length).map { _ in Float(Int(random.uniform() * 6)) } }
  return Dataset(inputs: inputs, labels: inputs.map { Int(label($0)) })
}

private func bars() -> Dataset {
  var random = RandomStream(seed: 9, name: "bars")
  let labels = (0..<1_500).map { $0 % 4 }
  let inputs = labels.map { label -> [Float] in
    let offset = Int(random.uniform() * 7) - 3
    return (0..<144).map { index in
      let (row, column) = (index / 12, index % 12)
      let distance =
        switch label {
        case 0: row - 6 - offset
        case 1: column - 6 - offset
        case 2: row - column - offset
        default: row + column - 12 - offset
        }
      return Float((abs(distance) <= 1 ? 1.5 : -0.3) + 0.6 * random.normalPair().0)
    }
  }
  return Dataset(inputs: inputs, labels: labels)
}

private func stripes() -> Dataset {
  var random = RandomStream(seed: 10, name: "stripes")
  let labels = (0..<1_500).map { $0 % 6 }
  let inputs = labels.map { label -> [Float] in
    let angle = Double(label % 3) * .pi / 3, frequency = label < 3 ? 0.9 : 1.8, phase = random.uniform() * 2 * .pi
    return (0..<100).map { index in
      let along = Double(index / 10) * cos(angle) + Double(index % 10) * sin(angle)
      return Float(sin(frequency * along + phase) + 0.4 * random.normalPair().0)
    }
  }
  return Dataset(inputs: inputs, labels: labels)
}

private func waves() -> Dataset {
  var random = RandomStream(seed: 11, name: "waves")
  let inputs = (0..<1_500).map { _ in (0..<3).map { _ in Float(random.normalPair().0) } }
  let targets = inputs.map { x in [sin(1.5 * x[0]) + 0.5 * x[1], cos(x[1] + x[2]) - 0.5 * x[0]] }
  return Dataset(inputs: inputs, targets: targets)
}

private func adding(_ length: Int, sign: Float = 1) -> Dataset {
  var random = RandomStream(seed: 12, name: "adding \(length)")
  var inputs: [[Float]] = [], targets: [[Float]] = []
  for _ in 0..<1_500 {
    let numbers = (0..<length).map { _ in Float(random.normalPair().0) }
    let first = Int(random.uniform() * Double(length)), step = 1 + Int(random.uniform() * Double(length - 1))
    let marked = [first, (first + step) % length]
    inputs.append((0..<length).flatMap { [numbers[$0], marked.contains($0) ? 1 : 0] })
    let (early, late) = (numbers[marked.min()!], numbers[marked.max()!])
    targets.append([late + sign * early])
  }
  return Dataset(inputs: inputs, targets: targets)
}

private func board() -> Dataset {
  var random = RandomStream(seed: 13, name: "board")
  let inputs = (0..<1_500).map { _ in (0..<2).map { _ in Float(3.4 * random.uniform() - 1.7) } }
  let labels = inputs.map { x in x.reduce(0) { $0 + Int(($1 + 1.7) / 1.134) } % 2 }
  return Dataset(inputs: inputs, labels: labels)
}

private func ridges() -> Dataset {
  var random = RandomStream(seed: 14, name: "ridges")
  let inputs = (0..<2_000).map { _ in (0..<6).map { _ in Float(random.normalPair().0) } }
  let targets = inputs.map { x in [abs(x[0] + x[1]) - abs(x[2] - x[3]) + 0.5 * x[4] * x[5]] }
  return Dataset(inputs: inputs, targets: targets)
}

private func spots() -> Dataset {
  var random = RandomStream(seed: 15, name: "spots")
  let labels = (0..<1_500).map { $0 % 4 }
  let inputs = labels.map { label -> [Float] in
    // One to four of the four quarters have a spot.
    var quarters = [0, 1, 2, 3]
    for last in stride(from: 3, to: 0, by: -1) { quarters.swapAt(last, Int(random.uniform() * Double(last + 1))) }
    let centers = quarters.prefix(label + 1).map { quarter in
      (quarter / 2 * 6 + 2 + Int(random.uniform() * 2), quarter % 2 * 6 + 2 + Int(random.uniform() * 2))
    }
    return (0..<144).map { index in
      let isLit = centers.contains { abs($0.0 - index / 12) <= 1 && abs($0.1 - index % 12) <= 1 }
      return Float((isLit ? 2 : -0.2) + 0.5 * random.normalPair().0)
    }
  }
  return Dataset(inputs: inputs, labels: labels)
}
