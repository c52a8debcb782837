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
        for _ in 0..<Int.random(in: 0...4, using: &random) { bytes.damage(from: samples, &random) }
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
    #expect(!isFull || peakMemory() < 2 << 30)
    // Labels alone are no data set.
    #expect(accepted > 0 || kind.ending == "gz")
  }
}
