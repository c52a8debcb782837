import Datasets
import Foundation
import NeuralNetworks
import TestSupport
import Testing

/// Data files and weights of other programs with random damage: each is read, or refused by an error of its own in one line.
@Suite struct DataFileTests {
  /// Files of one kind, and what reads them.
  struct Kind: CustomTestStringConvertible, Sendable {
    let ending: String
    let folder: String
    let read: @Sendable (String) throws -> Void

    var testDescription: String { ending }

    var samples: [[UInt8]] {
      get throws {
        let folder = "\(repositoryRoot)/Tests/\(folder)/Reference"
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().filter {
          $0.hasSuffix("." + ending)
        }
        .map { [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\($0)"))) }
      }
    }
  }

  private static let kinds = [
    Kind(ending: "csv", folder: "DatasetsTests") { path in _ = try Dataset(csv: path, label: 1) },
    Kind(ending: "npy", folder: "DatasetsTests") { path in
      _ = try Dataset(npy: path, targets: path)
      _ = try Dataset(npy: path, labels: path)
    },
    Kind(ending: "gz", folder: "DatasetsTests") { path in
      // A folder with this file as labels for training, which are read first.
      let folder = (path as NSString).deletingLastPathComponent
      try? FileManager.default.removeItem(atPath: folder + "/train-labels-idx1-ubyte.gz")
      try FileManager.default.moveItem(atPath: path, toPath: folder + "/train-labels-idx1-ubyte.gz")
      _ = try FashionMNIST(directory: folder)
    },
    Kind(ending: "safetensors", folder: "NeuralNetworksTests") { path in
      try Sequential(Linear(3, 2), Linear(2, 1)).loadWeights(from: path)
    },
  ]

  /// Words that only an error of a library's would have.
  private static let librariesWords = ["couldn’t", "could not be completed", "Error Domain", "NSCocoa", "CodingKeys"]

  @Test(arguments: kinds) func damagedFilesAreReadOrRefused(_ kind: Kind) throws {
    let samples = try kind.samples
    #expect(samples.count > 2)
    var random = Generator(seed: 15), accepted = 0
    let count = cases(2_000, full: 100_000)
    try withTemporaryFolder { folder in
      for _ in 0..<count {
        var bytes = random.choice(samples)
        for _ in 0..<Int.random(in: 0...4, using: &random) { damage(&bytes, samples, &random) }
        let path = "\(folder)/a.\(kind.ending)"
        try Data(bytes).write(to: URL(filePath: path))
        do {
          try kind.read(path)
          accepted += 1
        } catch {
          #expect(error is DataFileError || error is DatasetError || error is WeightsError, "\(error)")
          let text = "\(error)"
          #expect(text.contains(folder) && !Self.librariesWords.contains { text.contains($0) }, "\(text)")
        }
      }
    }
    // Labels alone are no data set.
    #expect(accepted > 0 || kind.ending == "gz")
  }

  /// One change: of a bit, a byte, a number, or a piece that is lost, repeated, or comes from another file.
  private func damage(_ bytes: inout [UInt8], _ samples: [[UInt8]], _ random: inout Generator) {
    guard !bytes.isEmpty else { return }
    let start = Int.random(in: 0..<bytes.count, using: &random)
    let end = min(start + Int.random(in: 0...40, using: &random), bytes.count)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[start] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes.removeSubrange(start..<end)
    case 3: bytes.insert(contentsOf: bytes[start..<end], at: start)
    case 4: bytes.removeLast(bytes.count - start)
    case 5:
      let other = random.choice(samples)
      guard !other.isEmpty else { return }
      let from = Int.random(in: 0..<other.count, using: &random)
      bytes.replaceSubrange(start..<end, with: other[from..<min(from + end - start, other.count)])
    case 6:
      let texts = [
        "-1", "0", "1e308", "nan", "99999999999999999999", "4294967296", "2.0", "\"", "'", ",", "(", "[", "{", "\n",
        "\r", "\u{0}", "é", "e\u{301}", "\u{202E}", "\"__metadata__\":{},",
      ]
      bytes.replaceSubrange(start..<start, with: Array(random.choice(texts).utf8))
    default: bytes.replaceSubrange(start..<end, with: [UInt8](repeating: 0xFF, count: end - start))
    }
  }
}
