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
      ("float32", values), ("float64", values), ("version2", values), ("version3", values),
      ("uint8", [0, 128, 255, 1, 2, 3]),
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

  /// Every type and byte order, with the same numbers.
  @Test(
    arguments: ["float16", "int8", "int16", "uint16", "uint32", "uint64"].map { "kind-" + $0 }
      + ["float16", "float64", "int16", "int64", "uint16", "uint32", "uint64"].map { "big-" + $0 })
  func everyTypeIsRead(_ name: String) throws {
    let set = try set(name)
    #expect(set.batch(at: 0..<2).inputs.values == [0, 1, 100, 7, 1, 0])
  }

  @Test func truthValuesAreZeroAndOne() throws {
    #expect(try set("kind-bool").batch(at: 0..<2).inputs.values == [0, 1, 1, 1, 1, 0])
  }

  @Test(
    arguments: [
      ("least-int8", [-128, 127]), ("least-int16", [-32768, 32767]), ("least-int32", [-0x1p31, 0x1p31]),
      ("least-int64", [-0x1p63, 0x1p63]), ("most-uint8", [0, 255]), ("most-uint16", [0, 65535]),
      ("most-uint32", [0, 0x1p32]), ("most-uint64", [0, 0x1p64]),
    ] as [(String, [Float])])
  func theLimitsOfIntegersAreRead(_ name: String, _ expected: [Float]) throws {
    #expect(try set(name).batch(at: [1]).inputs.values == expected)
  }

  /// To the nearest Float32, as numbers of float64 are.
  @Test func integersBeyond24BitsAreRounded() throws {
    let expected: [Float] = [0x1p24, -0x1p24 - 4, 0x1p53, 0x1p24]
    #expect(try set("rounded").batch(at: 0..<2).inputs.values == expected)
  }

  @Test func halfPrecisionIsExact() throws {
    let values = try set("half").batch(at: 0..<2).inputs.values
    #expect(values == [65504, -0x1p-24, 0.0999755859375, -0.0] && values[3].sign == .minus)
  }

  @Test func columnMajorOrderIsRead() throws {
    #expect(try set("fortran").batch(at: 0..<2).inputs.values == Self.values)
    #expect(try set("fortran-big").batch(at: 0..<2).inputs.values == Self.values)
    #expect(try set("fortran-cube").batch(at: 0..<2).inputs.values == (0..<24).map(Float.init))
  }

  @Test func aSingleNumberIsOneSample() throws {
    let set = try Dataset(npy: recorded("scalar"), labels: recorded("label-zero-d"))
    #expect(set.count == 1 && set.features == 1 && set.labels == [3])
    #expect(set.batch(at: [0]).inputs.values == [1])
  }

  /// A data set needs a sample, but the file is a sound one.
  @Test func arraysWithoutElementsAreSound() throws {
    for name in ["empty", "empty-cube"] {
      for labels in ["labels", "empty"] {
        let error = #expect(throws: DataFileError.self) {
          try Dataset(npy: self.recorded(name), labels: self.recorded(labels))
        }
        #expect(error == .empty(path: recorded(name)))
      }
    }
    let error = #expect(throws: DataFileError.self) {
      try Dataset(npy: self.recorded("labels"), labels: self.recorded("empty"))
    }
    #expect(error == .countsDiffer(path: recorded("empty"), count: 0, inputs: 2))
  }

  @Test(arguments: ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"])
  func labelsHaveAnyWholeType(_ type: String) throws {
    #expect(try Dataset(npy: recorded("float32"), labels: recorded("label-" + type)).labels == [1, 0])
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
    (
      "complex",
      "its elements have the type <c8; use astype to convert to a float of at most 64 bits, an integer or bool"
    ),
    ("text", "its elements have the type <U1; use astype to convert to a float of at most 64 bits, an integer or bool"),
    ("structured", "its elements are records of several fields; save one field: numpy.save(path, array[\"name\"])"),
    ("empty", "it has no samples"),
    ("hollow", "its shape is [2, 0], with no element per sample"),
    ("nan", "nan at [1, 2] (row 1, column 2, counted from 0); a finite number is needed"),
    ("infinite", "-inf at [0, 1] (row 0, column 1, counted from 0); a finite number is needed"),
    ("half-infinite", "inf at [1, 0] (row 1, column 0, counted from 0); a finite number is needed"),
    (
      "too-large", "1e+39 at [1, 0] (row 1, column 0, counted from 0); a finite number within Float32's range is needed"
    ),
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
    ("scalar", "1 samples for 2 rows of inputs"),
    ("huge-label", "the label at index 1 is above 9223372036854775807"),
    ("negative-label", "label -1 at index 1; labels count from 0"),
  ])
  func labelsMustMatchTheInputs(_ name: String, _ problem: String) {
    let error = #expect(throws: DataFileError.self) {
      try Dataset(npy: self.recorded("float32"), labels: self.recorded(name))
    }
    #expect(error?.description == "\(recorded(name)): \(problem)")
  }

  /// Headers that numpy refuses too, and those that it reads although it writes them in another way.
  @Test(arguments: [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }", true),
    ("{\"shape\":(2,1,),\"descr\":\"<f4\",\"fortran_order\":True}\n  \n", true),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 1L)}", true),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1 2,)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (,2)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,,1)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -1)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2.0, 1)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': 2}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4611686018427387904)}", false),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 1)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)} x", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), 'shape': (2, 1)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), 'more': True}", false),
    ("{'descr': '<f4', 'fortran_order': False}", false),
    ("{'descr': '<f4' 'fortran_order': False, 'shape': (2, 1)}", false),
    ("{'descr': '|f4', 'fortran_order': False, 'shape': (2, 1)}", false),
    ("{'descr': '<f3', 'fortran_order': False, 'shape': (2, 1)}", false),
    ("{'descr': '<f16', 'fortran_order': False, 'shape': (2, 1)}", false),
    ("", false), ("{", false), ("{'descr': '", false), ("(2, 1)", false), ("{'descr': [", false),
  ])
  func headersAreReadStrictly(_ header: String, _ isSound: Bool) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npy"
      var bytes = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(header.utf8.count), 0]) + Data(header.utf8)
      for value in [1.5, -2] as [Float] { withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) } }
      try bytes.write(to: URL(filePath: path))
      if isSound {
        let set = try Dataset(npy: path, labels: recorded("labels"))
        #expect(set.batch(at: 0..<2).inputs.values == [1.5, -2])
      } else {
        let error = #expect(throws: DataFileError.self) { try Dataset(npy: path, labels: recorded("labels")) }
        guard case .npy = error else {
          Issue.record("\(String(describing: error))")
          return
        }
      }
    }
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
