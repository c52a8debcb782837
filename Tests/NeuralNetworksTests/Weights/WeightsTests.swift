import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

/// A net with all that a training state saves: weights, a buffer, and random numbers drawn in training.
final class NoisyNet: Module {
  let first = Linear(6, 8)
  let noise = Noise()
  let last = Linear(8, 3)

  override func forward(_ x: Tensor) -> Tensor { last(noise(relu(first(x)))) }
}

/// Drops half of its inputs, and counts its calls.
final class Noise: Module {
  private let source = RandomSource()
  let calls = ModuleBuffer([1], initialValue: 0)

  override func forward(_ x: Tensor) -> Tensor {
    calls.set(calls.value + 1)
    return x
      * source.draw { stream in
        Tensor(shape: x.shape) { values in for i in values.indices { values[i] = stream.uniform() < 0.5 ? 0 : 2 } }
      }
  }
}

@Suite struct WeightsTests {
  private func net() -> Sequential { Sequential(Linear(3, 2), Linear(2, 1)) }

  /// A file of Python's safetensors package (`Reference/make_weights.py`).
  private func recorded(_ name: String) -> String {
    repositoryRoot + "/Tests/NeuralNetworksTests/Reference/\(name).safetensors"
  }

  @Test func filesOfThePythonPackageAreRead() throws {
    let net = net()
    #expect(try net.loadWeights(from: recorded("plain")).isEmpty)
    #expect(
      net.parameters.map(\.parameter.value.values) == [[1, -2, 3, 0.1, -0.0, 1e-38], [1.5, -0.25], [7, 1e30], [0.5]])
    #expect(net.parameters[0].parameter.value.values[4].sign == .minus)
    #expect(net.parameters[0].parameter.path == "0.weight")
  }

  @Test func convertsOtherTypes() throws {
    let net = net()
    #expect(try net.loadWeights(from: recorded("mixed")) == ["note": "four types"])
    #expect(
      net.parameters.map(\.parameter.value.values)
        == [[1, -2, 3, 0.5, 65504, 0x1p-24], [1.5, -0x1p100], [0.1, -1e-3], [4]])
  }

  @Test func writtenBytesAreThoseOfThePythonPackage() throws {
    let net = net()
    try net.loadWeights(from: recorded("plain"))
    try withTemporaryFolder { folder in
      try net.saveWeights(to: folder + "/ours")
      let ours = try Data(contentsOf: URL(filePath: folder + "/ours"))
      #expect(try ours == Data(contentsOf: URL(filePath: recorded("plain"))))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["ours"])
    }
  }

  @Test func buffersNamesAndMetadataSurvive() throws {
    let net = NoisyNet(), again = NoisyNet()
    net.initialize(seed: 5)
    _ = net(Tensor(sampleValues(12), shape: [2, 6]))
    try withTemporaryFolder { folder in
      try net.saveWeights(to: folder + "/w", metadata: ["schön \"/\\": "Zeile\n2"])
      #expect(try again.loadWeights(from: folder + "/w") == ["schön \"/\\": "Zeile\n2"])
    }
    #expect(again.noise.calls.value.values == [1])
    for (a, b) in zip(net.parameters, again.parameters) {
      #expect(a.parameter.value.values == b.parameter.value.values)
    }
  }

  @Test func tensorsWithoutElementsSurvive() throws {
    let net = Sequential(Linear(0, 2), Linear(2, 0)), again = Sequential(Linear(0, 2), Linear(2, 0))
    net.initialize(seed: 1)
    try withTemporaryFolder { folder in
      try net.saveWeights(to: folder + "/w")
      try again.loadWeights(from: folder + "/w")
    }
    #expect(again.parameters[1].parameter.value.values == net.parameters[1].parameter.value.values)
  }

  @Test func theErrorForAnotherModelsFileListsDifferences() throws {
    final class Other: Module {
      let stem = Linear(3, 2)
      let head = Linear(2, 4, bias: false)
    }
    final class Misspelt: Module {
      let stme = Linear(3, 2, bias: false)
      let head = Linear(2, 5, bias: false)
    }
    let saved = Other(), model = Misspelt()
    saved.initialize(seed: 1)
    model.initialize(seed: 2)
    let before = model.head.weight.value.values
    try withTemporaryFolder { folder in
      try saved.saveWeights(to: folder + "/w")
      let error = #expect(throws: WeightsError.self) { try model.loadWeights(from: folder + "/w") }
      #expect(
        error
          == .misfits(
            path: folder + "/w",
            misfits: [
              .missing(name: "stme.weight", nearest: ["stem.weight", "stem.bias"]),
              .wrongShape(name: "head.weight", file: [4, 2], model: [5, 2]),
              .unexpected(name: "stem.bias", nearest: ["stme.weight"]),
              .unexpected(name: "stem.weight", nearest: ["stme.weight"]),
            ]))
      #expect(
        error?.description.hasSuffix(
          "/w: does not match the model: the file has no “stme.weight”, but “stem.weight”, “stem.bias”; "
            + "“head.weight” is [4, 2] in the file and [5, 2] in the model; the model has no “stem.bias”, but "
            + "“stme.weight”; the model has no “stem.weight”, but “stme.weight”") == true)
    }
    #expect(model.head.weight.value.values == before)
  }

  @Test func filesOfThousandsOfOtherNamesAreRefusedAtOnce() throws {
    let saved = Sequential((0..<500).map { _ in Linear(1, 1) }),
      model = Sequential(Sequential((0..<500).map { _ in Linear(1, 1) }))
    saved.initialize(seed: 1)
    try withTemporaryFolder { folder in
      try saved.saveWeights(to: folder + "/w")
      let error = #expect(throws: WeightsError.self) { try model.loadWeights(from: folder + "/w") }
      #expect(error?.description.contains("the file has no “0.0.weight”, but “0.weight”, ") == true)
      #expect(error?.description.hasSuffix("; and 1994 more") == true)
    }
  }

  private static let one = #""dtype":"F32","shape":[2],"data_offsets":"#

  @Test(
    arguments: [
      (#"{"a":{\#(one)[0,8]}}"#, 8, nil, nil),
      (#"{"__metadata__":{"k":"v"},"a":{\#(one)[0,8]}}   "#, 8, nil, nil),
      (#"{"a":{\#(one)[0,8]}}"#, 7, nil, "cut short: “a” ends at byte 8 of the data, of which there are 7"),
      (#"{"a":{\#(one)[0,8]}}"#, 9, nil, "1 bytes follow after the last tensor"),
      (#"{"a":{\#(one)[0,4]}}"#, 4, nil, "“a” has 4 bytes, which is not what [2] of F32 takes"),
      (#"{"a":{\#(one)[4,12]}}"#, 12, nil, "between the header and “a” there is a gap"),
      (#"{"a":{\#(one)[0,8]},"b":{\#(one)[4,12]}}"#, 12, nil, "between “a” and “b” there is an overlap"),
      (#"{"a":{\#(one)[0,8]},"b":{\#(one)[12,20]}}"#, 20, nil, "between “a” and “b” there is a gap"),
      (#"{"a":{\#(one)[8,0]}}"#, 8, nil, "“a” has the offsets [8, 0], two in order are needed"),
      (#"{"a":{\#(one)[0]}}"#, 8, nil, "“a” has the offsets [0], two in order are needed"),
      (#"{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}"#, 8, nil, "“a” has the unknown type F31"),
      (
        #"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}}"#, 0, nil,
        "“a” has 0 bytes, which is not what [4294967296, 4294967296, 4] of F32 takes"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}"#, 8, nil,
        "“a” has 8 bytes, which is not what [-1, -2] of F32 takes"
      ),
      (
        #"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, 8, nil,
        "the header, line 1, column 6: found an object without “dtype”, expected the key “dtype”"
      ),
      (#"{"a":{"#, 8, nil, "the header, line 1, column 7: found the end, expected a key in double quotes or “}”"),
      (#"[1]"#, 0, nil, "the header, line 1, column 1: found “[”, expected an object"),
      (
        #"{"a":{\#(one)[0,8]},"a":{\#(one)[0,8]}}"#, 8, nil,
        "the header, line 1, column 55: found “a” again, expected a key that the object does not have yet"
      ),
      (
        #"{"__metadata__":{"k":"v"},"__metadata__":{},"a":{\#(one)[0,8]}}"#, 8, nil,
        "the header, line 1, column 27: found “__metadata__” again, expected a key that the object does not have yet"
      ),
      (
        #"{"__metadata__":{"k":"v","k":"v"},"a":{\#(one)[0,8]}}"#, 8, nil,
        "the header, line 1, column 26: found “k” again, expected a key that the object does not have yet"
      ),
      (
        "{\"\u{E9}\":{\(one)[0,8]},\"e\u{301}\":{\(one)[8,16]}}", 16, nil,
        "the header, line 1, column 55: found “e\u{301}” again, in another Unicode normal form, "
      ),
      (#"{"a":{\#(one)[0,8]},}"#, 8, nil, "the header, line 1, column 55: found “}”, expected a key in double quotes"),
      (#"{"a":{\#(one)[0,8],}}"#, 8, nil, "the header, line 1, column 54: found “}”, expected a key in double quotes"),
      (#"{"a":{\#(one)[0,8,]}}"#, 8, nil, "the header, line 1, column 53: found “]”, expected a value"),
      (#"{"a":{\#(one)[0.0,8]}}"#, 8, nil, "the header, line 1, column 49: found “0.0”, expected a whole number"),
      (#"{"a":{\#(one)[0,8e0]}}"#, 8, nil, "the header, line 1, column 51: found “8e0”, expected a whole number"),
      (
        #"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, 8, nil,
        "the header, line 1, column 30: found “2.0”, "
      ),
      (#"{"__metadata__":{"k":1},"a":{\#(one)[0,8]}}"#, 8, nil, "the header, line 1, column 22: found “1”, "),
      (#"{}"#, 0, 100_000_001, "its header has 100000001 bytes; at most 100000000 are allowed"),
      (#"{}"#, 0, 3, "it is cut short: the header has 3 bytes, of which 2 are present"),
    ] as [(String, Int, UInt64?, String?)])
  func invalidFilesAreRefused(_ header: String, _ dataSize: Int, _ stated: UInt64?, _ problem: String?) throws {
    final class One: Module { let a = Parameter([2], initializer: .zeros) }
    try withTemporaryFolder { folder in
      var bytes = withUnsafeBytes(of: stated ?? UInt64(header.utf8.count)) { Data($0) }
      bytes.append(Data(header.utf8))
      bytes.append(Data(repeating: 0, count: dataSize))
      try bytes.write(to: URL(filePath: folder + "/w"))
      guard let problem else {
        try One().loadWeights(from: folder + "/w")
        return
      }
      let error = #expect(throws: WeightsError.self) { try One().loadWeights(from: folder + "/w") }
      guard case .malformed(_, let found) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(found.hasPrefix(problem))
    }
  }

  /// For every missing or wrong byte: an error or weights, never a crash.
  @Test func brokenFilesAreRefused() throws {
    let sound = try Data(contentsOf: URL(filePath: recorded("mixed"))), net = net()
    try withTemporaryFolder { folder in
      let path = folder + "/w"
      for length in 0..<sound.count {
        try sound.prefix(length).write(to: URL(filePath: path))
        #expect(throws: WeightsError.self) { try net.loadWeights(from: path) }
      }
      for place in sound.indices {
        for bit in [1, 4, 0x15, 0x80] as [UInt8] {
          var damaged = sound
          damaged[place] ^= bit
          try damaged.write(to: URL(filePath: path))
          do { try net.loadWeights(from: path) } catch { #expect(error is WeightsError) }
        }
      }
    }
  }

  @Test func shortAndMissingFilesAreRefused() throws {
    try withTemporaryFolder { folder in
      try Data([1, 2, 3]).write(to: URL(filePath: folder + "/w"))
      #expect(
        throws: WeightsError.malformed(
          path: folder + "/w", problem: "3 bytes are too few; the header's size alone has 8")
      ) {
        try self.net().loadWeights(from: folder + "/w")
      }
      let error = #expect(throws: WeightsError.self) { try self.net().loadWeights(from: folder + "/none") }
      #expect(error?.description.hasPrefix(folder + "/none: cannot be read (") == true)
    }
  }

  /// Each with its own reason, and none of them makes the reader wait.
  @Test func whatIsNoFileIsNamed() throws {
    try withTemporaryFolder { folder in
      func reason(_ path: String) -> String? {
        let error = #expect(throws: WeightsError.self) { try self.net().loadWeights(from: path) }
        guard case .unreadable(path, let reason)? = error else { return nil }
        return reason
      }
      try Data().write(to: URL(filePath: folder + "/file"))
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      #expect(reason(folder + "/none") == "no such file")
      #expect(reason(folder + "/none/w") == "there is no folder “\(folder)/none”")
      #expect(reason(folder + "/file/w") == "“\(folder)/file” is a file, not a folder")
      #expect(reason(folder) == "it is a folder")
      #expect(reason(folder + "/pipe") == "it is a pipe, not a file")
      #expect(reason("/dev/zero") == "it is a device, not a file")
    }
  }

  /// What numpy wrote as Float64 (`Reference/make_weights.py`).
  @Test func aFloat64BeyondFloat32IsRefused() throws {
    let net = net()
    net.initialize(seed: 1)
    let before = net.parameters.map(\.parameter.value.values)
    let error = #expect(throws: WeightsError.self) { try net.loadWeights(from: self.recorded("too-large")) }
    #expect(error == .notRepresentable(path: recorded("too-large"), name: "0.weight", index: [1, 0], value: -1e39))
    #expect(
      error?.description
        == recorded("too-large")
        + ": “0.weight” has -1e+39 at [1, 0], which is beyond Float32's range; change it, or save the tensor as Float32"
    )
    #expect(net.parameters.map(\.parameter.value.values) == before, "nothing is loaded")
    // The largest Float32, infinity and NaN are kept, and what is too small becomes 0.
    try net.loadWeights(from: recorded("extreme"))
    let values = net.parameters[0].parameter.value.values
    #expect(values[0] == .greatestFiniteMagnitude && values[1] == -.infinity && values[2].isNaN && values[3] == 0)
  }
}
