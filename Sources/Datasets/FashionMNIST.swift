import Foundation

/// 70,000 grey pictures of clothing, 28 × 28, in ten classes; 60,000 to train on and 10,000 to test on.
///
/// Pixels are standardized: (byte / 255 − mean) / standard deviation, both over all pixels of the training set (0.2860 and
/// 0.3530).
///
/// Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", 2017,
/// arXiv:1708.07747.
public struct FashionMNIST: Sendable {
  public let train: Dataset
  public let test: Dataset
  /// Of the training set's pixels, from 0 to 1.
  public let mean: Double
  public let standardDeviation: Double
  /// A number that tells other data from these: FNV-1a over labels and every 97th pixel.
  public let hash: String

  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  /// Where Debian's package `dataset-fashion-mnist` puts the files.
  public static let defaultDirectory = "/usr/share/datasets/fashion-mnist"

  /// Loads the four IDX .gz files in a folder. Throws a `DatasetError` that says what to do.
  public init(directory: String = defaultDirectory) throws {
    let trainImages = try Self.images("train", directory), trainLabels = try Self.labels("train", directory, trainImages)
    let testImages = try Self.images("t10k", directory), testLabels = try Self.labels("t10k", directory, testImages)
    // Sums of bytes are exact, so mean and deviation don't depend on the order.
    var counts = [Int](repeating: 0, count: 256)
    trainImages.bytes.withUnsafeBufferPointer { for byte in $0 { counts[Int(byte)] += 1 } }
    let total = Double(Swift.max(trainImages.bytes.count, 1))
    let mean = counts.enumerated().reduce(0.0) { $0 + Double($1.offset) * Double($1.element) } / total / 255
    let square = counts.enumerated().reduce(0.0) { $0 + pow(Double($1.offset) / 255, 2) * Double($1.element) } / total
    let deviation = (square - mean * mean).squareRoot()
    let scale = deviation > 0 ? deviation : 1
    let meaning = (0..<256).map { Float((Double($0) / 255 - mean) / scale) }
    func dataset(_ images: (sizes: [Int], bytes: [UInt8]), _ labels: [Int]) -> Dataset {
      Dataset(
        storage: .bytes(images.bytes, meaning: meaning), labels: labels, features: images.sizes[1] * images.sizes[2],
        classes: Self.classNames.count)
    }
    train = dataset(trainImages, trainLabels)
    test = dataset(testImages, testLabels)
    self.mean = mean
    standardDeviation = deviation
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for labels in [trainLabels, testLabels] { for label in labels { mix(UInt8(label)) } }
    for images in [trainImages.bytes, testImages.bytes] { for place in stride(from: 0, to: images.count, by: 97) { mix(images[place]) } }
    self.hash = String(hash, radix: 16)
  }

  private static func images(_ part: String, _ directory: String) throws -> (sizes: [Int], bytes: [UInt8]) {
    try IDX.read("\(directory)/\(part)-images-idx3-ubyte.gz", magic: IDX.images)
  }

  private static func labels(_ part: String, _ directory: String, _ images: (sizes: [Int], bytes: [UInt8])) throws -> [Int] {
    let path = "\(directory)/\(part)-labels-idx1-ubyte.gz"
    let labels = try IDX.read(path, magic: IDX.labels).bytes.map(Int.init)
    guard labels.count == images.sizes[0] else {
      throw DatasetError.counts(images: images.sizes[0], labels: labels.count, path: path)
    }
    if let wrong = labels.first(where: { $0 >= classNames.count }) {
      throw DatasetError.unreadable(path: path, reason: "it has a label \(wrong), and there are ten classes from 0 to 9")
    }
    return labels
  }
}
