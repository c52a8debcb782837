import Autodiff
import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct FashionMNISTTests {
  @Test func loadsAndStandardizes() throws {
    let files = try SmallImageFiles()
    defer { try? files.remove() }
    let data = try FashionMNIST(directory: files.directory)
    #expect(data.train.count == 20 && data.test.count == 10)
    #expect(data.train.features == 784)
    #expect(data.test.labels == Array(0..<10))

    let pixels = (0..<20).flatMap { image in (0..<784).map { Double(SmallImageFiles.pixel(image, $0)) / 255 } }
    let mean = pixels.reduce(0, +) / Double(pixels.count)
    let deviation = (pixels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pixels.count)).squareRoot()
    #expect(abs(data.mean - mean) < 1e-12 && abs(data.standardDeviation - deviation) < 1e-12)

    let batch = data.test.batch(at: [3, 9])
    #expect(batch.inputs.shape == [2, 784])
    #expect(batch.labels == [3, 9])
    let expected = [3, 9].flatMap { image in
      (0..<784).map { (Double(SmallImageFiles.pixel(image, $0)) / 255 - mean) / deviation }
    }
    #expect(relativeDifference(batch.inputs.values, expected) < 1e-6)
  }

  @Test func pixelsAsTheyAre() throws {
    let files = try SmallImageFiles()
    defer { try? files.remove() }
    let plain = try FashionMNIST(directory: files.directory, standardized: false)
    let standard = try FashionMNIST(directory: files.directory)
    for (data, image) in [(plain.train, 13), (plain.test, 4)] {
      let batch = data.batch(at: [image])
      #expect(batch.inputs.values == (0..<784).map { Float(SmallImageFiles.pixel(image, $0)) })
    }
    #expect(plain.train.labels == standard.train.labels && plain.hash == standard.hash)
    #expect(plain.mean == standard.mean && plain.standardDeviation == standard.standardDeviation)
  }

  @Test func theHashIdentifiesTheData() throws {
    let files = try SmallImageFiles()
    defer { try? files.remove() }
    let before = try FashionMNIST(directory: files.directory).hash
    #expect(try FashionMNIST(directory: files.directory).hash == before)
    var labels = SmallImageFiles.labels(20)
    labels[8] = 5
    files.write(labels, to: SmallImageFiles.trainLabels)
    #expect(try FashionMNIST(directory: files.directory).hash != before)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: FashionMNIST.defaultDirectory)))
  func realDataHaveThePublishedMoments() throws {
    let data = try FashionMNIST()
    #expect(data.train.count == 60_000 && data.test.count == 10_000)
    #expect(abs(data.mean - 0.2860) < 1e-4 && abs(data.standardDeviation - 0.3530) < 1e-4)
    for digit in 0..<10 { #expect(data.test.labels.filter { $0 == digit }.count == 1000) }
  }
}

/// One damaged directory per test, and the error for it.
@Suite struct BrokenDataTests {
  let files: SmallImageFiles
  let images: String
  let labels: String

  init() throws {
    files = try SmallImageFiles()
    images = files.path(SmallImageFiles.trainImages)
    labels = files.path(SmallImageFiles.trainLabels)
  }

  private func expectLoading(toThrow error: DatasetError) {
    #expect(throws: error) { try FashionMNIST(directory: files.directory) }
    #expect(!error.description.contains("\n"))
    #expect(error.description.hasSuffix("dataset-fashion-mnist, or name another folder"))
    try? files.remove()
  }

  @Test func missingFolder() throws {
    try files.remove()
    expectLoading(toThrow: .missing(path: labels))
  }

  @Test func missingFile() throws {
    try FileManager.default.removeItem(atPath: images)
    expectLoading(toThrow: .missing(path: images))
  }

  @Test func folderInsteadOfFile() throws {
    try FileManager.default.removeItem(atPath: labels)
    try FileManager.default.createDirectory(atPath: labels, withIntermediateDirectories: false)
    expectLoading(toThrow: .unreadable(path: labels, reason: "it is a folder"))
  }

  @Test func pipeInsteadOfFile() throws {
    try FileManager.default.removeItem(atPath: labels)
    #expect(mkfifo(labels, 0o600) == 0)
    expectLoading(toThrow: .unreadable(path: labels, reason: "it is a pipe, not a file"))
  }

  @Test func notCompressed() throws {
    try files.writeRaw(Data(SmallImageFiles.labels(20)), to: SmallImageFiles.trainLabels)
    expectLoading(toThrow: .notGzip(path: labels))
  }

  @Test func emptyFile() throws {
    try files.writeRaw(Data(), to: SmallImageFiles.trainLabels)
    expectLoading(toThrow: .notGzip(path: labels))
  }

  @Test(arguments: [2, 12, 100, -9, -1]) func cutShort(at length: Int) throws {
    let whole = try files.read(SmallImageFiles.trainImages)
    try files.writeRaw(whole.prefix(length > 0 ? length : whole.count + length), to: SmallImageFiles.trainImages)
    expectLoading(toThrow: .truncated(path: images))
  }

  @Test func fewerImagesThanInTheHeader() {
    files.write(SmallImageFiles.images(20).dropLast(1), to: SmallImageFiles.trainImages)
    expectLoading(toThrow: .truncated(path: images))
  }

  @Test func moreImagesThanInTheHeader() {
    files.write(SmallImageFiles.images(20) + [0], to: SmallImageFiles.trainImages)
    expectLoading(toThrow: .damaged(path: images))
  }

  @Test(arguments: [[1 << 31, 28, 28], [0xffff_ffff, 0xffff_ffff, 0xffff_ffff]]) func hugeSizes(_ sizes: [Int]) {
    files.write(SmallImageFiles.idx(sizes: sizes, [1, 2, 3]), to: SmallImageFiles.trainImages)
    expectLoading(toThrow: .truncated(path: images))
  }

  @Test func wrongChecksum() throws {
    var whole = try files.read(SmallImageFiles.trainImages)
    whole[whole.count - 6] ^= 1
    try files.writeRaw(whole, to: SmallImageFiles.trainImages)
    expectLoading(toThrow: .damaged(path: images))
  }

  @Test func labelsInsteadOfImages() {
    files.write(SmallImageFiles.labels(20), to: SmallImageFiles.trainImages)
    expectLoading(toThrow: .wrongMagic(path: images, found: 0x801, expected: 0x803))
  }

  @Test func wrongImageSize() {
    files.write(SmallImageFiles.images(20, rows: 32), to: SmallImageFiles.trainImages)
    expectLoading(toThrow: .wrongImageSize(path: images, rows: 32, columns: 28))
  }

  @Test func noImages() {
    files.write(SmallImageFiles.images(0), to: SmallImageFiles.trainImages)
    expectLoading(toThrow: .empty(path: images))
  }

  @Test func wrongNumberOfLabels() {
    files.write(SmallImageFiles.labels(19), to: SmallImageFiles.trainLabels)
    expectLoading(toThrow: .countsDiffer(path: labels, labels: 19, images: 20))
  }

  @Test func unknownClass() {
    files.write(SmallImageFiles.idx(sizes: [20], [UInt8](repeating: 10, count: 20)), to: SmallImageFiles.trainLabels)
    expectLoading(toThrow: .wrongLabel(path: labels, row: 0, label: 10, classes: 10))
  }

  /// Files of Python's gzip, one after the other (`Reference/make_tables.py`).
  @Test(arguments: ["members", "padded"]) func severalMembersAreReadWhole(_ name: String) throws {
    let before = try FashionMNIST(directory: files.directory)
    let source = repositoryRoot + "/Tests/DatasetsTests/Reference/\(name).gz"
    let tenLabels = files.path("t10k-labels-idx1-ubyte.gz")
    try FileManager.default.removeItem(atPath: tenLabels)
    try FileManager.default.copyItem(atPath: source, toPath: tenLabels)
    let data = try FashionMNIST(directory: files.directory)
    #expect(data.test.labels == Array(0..<10))
    #expect(data.hash == before.hash, "the checksum is that of the contents, in one member or several")
    // A member that is cut short, and one with a wrong checksum.
    let whole = try Data(contentsOf: URL(filePath: source)), end = name == "padded" ? whole.count - 100 : whole.count
    try files.writeRaw(whole.prefix(end - 3), to: "t10k-labels-idx1-ubyte.gz")
    #expect(throws: DatasetError.truncated(path: tenLabels)) { try FashionMNIST(directory: files.directory) }
    var wrong = whole
    wrong[end - 6] ^= 1
    try files.writeRaw(wrong, to: "t10k-labels-idx1-ubyte.gz")
    expectLoading(toThrow: .damaged(path: tenLabels))
  }

  @Test func textAfterTheLastMember() throws {
    let tenLabels = files.path("t10k-labels-idx1-ubyte.gz")
    try FileManager.default.removeItem(atPath: tenLabels)
    try FileManager.default.copyItem(
      atPath: repositoryRoot + "/Tests/DatasetsTests/Reference/trailing.gz", toPath: tenLabels)
    expectLoading(toThrow: .damaged(path: tenLabels))
  }
}
