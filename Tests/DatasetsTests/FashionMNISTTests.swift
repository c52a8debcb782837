import CZlib
import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct FashionMNISTTests {
  /// Four small files: `count` training pictures and three test pictures of 28 × 28.
  private func write(to folder: String, trainLabels: Int = 20) throws {
    func file(_ name: String, _ sizes: [Int], magic: Int, _ bytes: [UInt8]) {
      let header = ([magic] + sizes).flatMap { number in (0..<4).map { UInt8(number >> (24 - 8 * $0) & 255) } }
      let packed = gzopen("\(folder)/\(name).gz", "wb")
      let all = header + bytes
      gzwrite(packed, all, UInt32(all.count))
      gzclose(packed)
    }
    for (part, count, labels) in [("train", 20, trainLabels), ("t10k", 3, 3)] {
      file("\(part)-images-idx3-ubyte", [count, 28, 28], magic: 0x803, (0..<count * 784).map { UInt8($0 / 784 * 12) })
      file("\(part)-labels-idx1-ubyte", [labels], magic: 0x801, (0..<labels).map { UInt8($0 % 10) })
    }
  }

  private func message(_ spoil: (String) throws -> Void) throws -> String {
    try withTemporaryFolder { folder in
      try write(to: folder)
      try spoil(folder)
      do { _ = try FashionMNIST(directory: folder) } catch let error as DatasetError { return error.description }
      return "no error"
    }
  }

  @Test func picturesAreStandardizedByTheTrainingSet() throws {
    try withTemporaryFolder { folder in
      try write(to: folder)
      let data = try FashionMNIST(directory: folder)
      #expect(data.train.count == 20 && data.test.count == 3 && data.train.features == 784)
      let all = data.train.gather(0..<20)
      #expect(all.inputs.shape == [20, 784] && all.labels == (0..<20).map { $0 % 10 })
      let values = all.inputs.values.map(Double.init)
      let mean = values.reduce(0, +) / Double(values.count)
      #expect(abs(mean) < 1e-6)
      #expect(abs(values.reduce(0) { $0 + $1 * $1 } / Double(values.count) - 1) < 1e-6)
      #expect(abs(Double(values[784]) - (12 / 255.0 - data.mean) / data.standardDeviation) < 1e-6)
    }
  }

  @Test func eachEpochShowsEachPictureOnce() throws {
    try withTemporaryFolder { folder in
      try write(to: folder)
      let train = try FashionMNIST(directory: folder).train
      func epoch(_ seed: UInt64, _ skipped: Int = 0) -> [Float] {
        Array(train.batches(of: 6, seed: seed).prefix(skipped + 3)).dropFirst(skipped).flatMap { batch in
          (0..<6).map { batch.inputs.values[$0 * 784] }
        }
      }
      #expect(Set(epoch(1)).count == 18)
      #expect(Set(epoch(1, 3)).count == 18)
      #expect(epoch(1) == epoch(1))
      #expect(epoch(1) != epoch(2) && epoch(1) != epoch(1, 3))
      #expect(train.inOrder(of: 8).map(\.labels.count) == [8, 8, 4])
    }
  }

  @Test func whatIsWrongWithAFileIsSaid() throws {
    let labels = "train-labels-idx1-ubyte.gz", images = "train-images-idx3-ubyte.gz"
    #expect(try message { try FileManager.default.removeItem(atPath: "\($0)/\(labels)") }.contains("--data DIR"))
    let cut = try message { folder in
      let url = URL(filePath: "\(folder)/\(images)")
      let data = try Data(contentsOf: url)
      try data.prefix(data.count / 2).write(to: url)
    }
    #expect(cut.contains("is cut off") || cut.contains("can't be unpacked"))
    let exchanged = try message { folder in
      try FileManager.default.removeItem(atPath: "\(folder)/\(images)")
      try FileManager.default.copyItem(atPath: "\(folder)/\(labels)", toPath: "\(folder)/\(images)")
    }
    #expect(exchanged.contains("begins with 0x00000801 instead of 0x00000803"))
    let counts = try message { try write(to: $0, trainLabels: 19) }
    #expect(counts.contains("has 19 labels for 20 images"))
    let text = try message { try Data("hello".utf8).write(to: URL(filePath: "\($0)/\(labels)")) }
    #expect(text.contains(labels))
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: FashionMNIST.defaultDirectory)))
  func theRealData() throws {
    let data = try FashionMNIST()
    #expect(data.train.count == 60_000 && data.test.count == 10_000)
    #expect(abs(data.mean - 0.2860) < 5e-5 && abs(data.standardDeviation - 0.3530) < 5e-5)
    #expect((0..<10).allSatisfy { label in data.train.labels.filter { $0 == label }.count == 6000 })
  }
}
