import Support

/// Fashion-MNIST: grey images of clothes, 28 × 28 pixels, in ten classes; 60,000 for training and 10,000 for testing.
///
/// Inputs are standardized: (pixel / 255 − mean) / deviation, with mean and standard deviation over all pixels of the training
/// images, about 0.2860 and 0.3530. With `standardized: false` they are the pixels from 0 to 255 as they are, a fault to study: such inputs
/// have a mean of 73 and make the first steps large.
///
/// Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
/// 2017, arXiv:1708.07747.
public struct FashionMNIST: Sendable {
  /// The directory into which Debian's package `dataset-fashion-mnist` installs the four files.
  public static let defaultDirectory = "/usr/share/datasets/fashion-mnist"

  /// The names of the classes 0 to 9.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  /// The training set: inputs [n, 784], rows of pixels from the top.
  public let train: Dataset
  /// The test set: inputs [n, 784], standardized with the moments of the training images, unless `standardized` was false.
  public let test: Dataset
  /// The mean of the training images' pixels, from 0 (black) to 1.
  public let mean: Double
  /// The standard deviation of the training images' pixels.
  public let standardDeviation: Double
  /// Identifies the data: the CRC-32 of the contents of the four files, in the order training images, training labels, test
  /// images, test labels.
  public let hash: String

  /// Loads the four gzipped IDX files of a directory. Inputs are standardized by default. Throws a `DatasetError` if a file is missing or
  /// damaged.
  public init(directory: String = defaultDirectory, standardized: Bool = true) throws {
    let train = try Part("train", in: directory)
    let test = try Part("t10k", in: directory)
    let (mean, deviation) = momentsOfPixels(train.images.elements)
    self.mean = mean
    standardDeviation = deviation
    let table = (0...255).map { Float(standardized ? (Double($0) / 255 - mean) / deviation : Double($0)) }
    self.train = train.dataset(table)
    self.test = test.dataset(table)
    hash = [train.images, train.labels, test.images, test.labels].map(\.checksum.hexadecimal).joined(separator: "-")
  }
}

/// An image file and its label file.
private struct Part {
  let images: IDXFile
  let labels: IDXFile

  init(_ name: String, in directory: String) throws(DatasetError) {
    let imagesPath = "\(directory)/\(name)-images-idx3-ubyte.gz"
    let labelsPath = "\(directory)/\(name)-labels-idx1-ubyte.gz"
    labels = try IDXFile(path: labelsPath, dimensions: 1)
    images = try IDXFile(path: imagesPath, dimensions: 3)
    guard images.sizes[0] > 0 else { throw .empty(path: imagesPath) }
    guard images.sizes[1...] == [28, 28] else {
      throw .wrongImageSize(path: imagesPath, rows: images.sizes[1], columns: images.sizes[2])
    }
    guard images.sizes[0] == labels.sizes[0] else {
      throw .countsDiffer(path: labelsPath, labels: labels.sizes[0], images: images.sizes[0])
    }
    let classes = FashionMNIST.classNames.count
    if let row = labels.elements.firstIndex(where: { $0 >= classes }) {
      throw .wrongLabel(path: labelsPath, row: row, label: Int(labels.elements[row]), classes: classes)
    }
  }

  /// The samples; `table` maps pixel bytes to inputs.
  func dataset(_ table: [Float]) -> Dataset {
    Dataset(
      inputs: Samples(bytes: images.elements, table: table, count: images.sizes[0]),
      labels: labels.elements.map(Int.init), classNames: FashionMNIST.classNames)
  }
}

/// Mean and standard deviation of bytes / 255. If all are equal, the deviation is 1, so that it can be a divisor.
private func momentsOfPixels(_ bytes: [UInt8]) -> (mean: Double, deviation: Double) {
  var counts = [Int](repeating: 0, count: 256)
  for byte in bytes { counts[Int(byte)] += 1 }
  let count = Double(bytes.count)
  let mean = counts.enumerated().reduce(0) { $0 + Double($1.offset * $1.element) } / 255 / count
  let squares = counts.enumerated().reduce(0) { $0 + Double($1.offset * $1.offset * $1.element) } / (255 * 255) / count
  let variance = squares - mean * mean
  return (mean, variance > 0 ? variance.squareRoot() : 1)
}
