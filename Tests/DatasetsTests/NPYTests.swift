import Autodiff
import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct NPYTests {
  /// A file of numpy.save (`Reference/make_arrays.py`).
  private func recorded(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Reference/\(name).npy").path
  }

  private func set(_ name: String) throws -> Dataset {
    try Dataset(npy: recorded(name), labels: recorded("labels"))
  }

  private static let values: [Float] = [1.5, -2, 0.1, 4, 5, 1e-3]

  @Test(
    arguments: [
      ("float32", values), ("float64", values), ("version2", values), ("uint8", [0, 128, 255, 1, 2, 3]),
      ("int32", [0, -1, 0x1p31, 1, 2, 3]), ("int64", [0, -1, 0x1p40, 1, 2, 3]), ("cube", (0..<12).map(Float.init)),
    ] as [(String, [Float])])
  func filesOfNumpyAreRead(_ name: String, _ expected: [Float]) throws {
    let set = try set(name)
    #expect(set.count == 2 && set.features == expected.count / 2)
    #expect(set.batch(at: 0..<2).inputs.values == expected)
    #expect(set.labels == [3, 1])
  }

  @Test func targetsMustBeFiniteToo() {
    let error = #expect(throws: DataFileError.self) {
      try Dataset(npy: self.recorded("uint8"), targets: self.recorded("nan"))
    }
    #expect(error?.description.hasPrefix(recorded("nan") + ": nan at [1, 2]") == true)
  }

  @Test func aSingleLabelIsRefused() {
    let error = #expect(throws: DataFileError.self) {
      try Dataset(npy: self.recorded("uint8"), labels: self.recorded("scalar"))
    }
    let problem = "it is a single number, of shape []; labels have the shape [samples]"
    #expect(error?.description == "\(recorded("scalar")): \(problem)")
  }

  @Test func labelsMayBeAColumn() throws {
    #expect(try Dataset(npy: recorded("uint8"), labels: recorded("column")).labels == [3, 1])
  }

  @Test func targetsAreNumbers() throws {
    let batch = try Dataset(npy: recorded("uint8"), targets: recorded("float64")).batch(at: [1])
    #expect(batch.targets.shape == [1, 3] && batch.targets.values == [4, 5, 1e-3])
    #expect(batch.labels.isEmpty)
  }

  @Test(arguments: [
    ("fortran", "it is in Fortran order, column by column; save numpy.ascontiguousarray(array)"),
    (
      "big-endian",
      "its elements have the type >f4; use astype to convert to float32, float64, uint8, int32 or int64"
    ),
    ("structured", "its header is invalid: {'descr': [('a', '<f4')]"),
    ("empty", "it has no samples"),
    ("scalar", "it is a single number, of shape []; inputs have the shape [samples, features, …]"),
    ("hollow", "its shape is [2, 0], with no element per sample"),
    ("nan", "nan at [1, 2] (row 1, column 2, counted from 0); a finite number is needed"),
    ("infinite", "-inf at [0, 1] (row 0, column 1, counted from 0); a finite number is needed"),
    ("too-large", "inf at [1, 0] (row 1, column 0, counted from 0); a finite number within Float32's range is needed"),
    ("nan-in-cube", "nan at [1, 0, 1] (sample 1, counted from 0); a finite number is needed"),
  ])
  func unsupportedFilesAreRefused(_ name: String, _ problem: String) {
    let error = #expect(throws: DataFileError.self) { try self.set(name) }
    #expect(error?.description.hasPrefix("\(recorded(name)): \(problem)") == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    ("three", "3 samples for 2 rows of inputs"),
    ("float32", "the labels have the shape [2, 3]; there must be one per sample"),
    ("int64", "the labels have the shape [2, 3]; there must be one per sample"),
  ])
  func labelsMustMatchTheInputs(_ name: String, _ problem: String) {
    let error = #expect(throws: DataFileError.self) {
      try Dataset(npy: self.recorded("float32"), labels: self.recorded(name))
    }
    #expect(error?.description == "\(recorded(name)): \(problem)")
  }

  /// For every missing or wrong byte: an error or a data set, never a crash.
  @Test func brokenFilesAreRefused() throws {
    let sound = try Data(contentsOf: URL(filePath: recorded("float32")))
    try withTemporaryFolder { folder in
      let path = folder + "/broken.npy"
      for length in 0..<sound.count {
        try sound.prefix(length).write(to: URL(filePath: path))
        #expect(throws: DataFileError.self) { try Dataset(npy: path, labels: recorded("labels")) }
      }
      try (sound + [0]).write(to: URL(filePath: path))
      let error = #expect(throws: DataFileError.self) { try Dataset(npy: path, labels: recorded("labels")) }
      #expect(error?.description == path + ": it has 25 bytes of elements; [2, 3] of <f4 needs 24; save it again")
      for place in 0..<128 {
        var damaged = sound
        damaged[place] ^= 0x15
        try damaged.write(to: URL(filePath: path))
        _ = try? Dataset(npy: path, labels: recorded("labels"))
      }
    }
  }
}
