import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

@Suite struct WeightsWritingTests {
  private func net() -> Sequential { Sequential(Linear(3, 2), Linear(2, 1)) }

  /// The Python package reads headers of at most 100 MB.
  @Test func aHeaderThatNobodyCanReadIsNotWritten() throws {
    let net = net()
    net.initialize(seed: 1)
    try withTemporaryFolder { folder in
      let path = folder + "/w"
      try net.saveWeights(to: path)
      let empty = try Data(contentsOf: URL(filePath: path)), header = Int(empty[0]) + Int(empty[1]) << 8
      // {"__metadata__":{"k":"…"}, and so on; blanks fill up to a multiple of 8.
      let room = 100_000_000 - 8 - (header + #""__metadata__":{"k":""},"#.utf8.count)
      try net.saveWeights(to: path, metadata: ["k": String(repeating: "x", count: room)])
      #expect(try net.loadWeights(from: path)["k"]?.utf8.count == room)
      let before = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
      let error = #expect(throws: WeightsError.self) {
        try net.saveWeights(to: path, metadata: ["k": String(repeating: "x", count: room + 17)])
      }
      #expect(error?.description.contains("can be read again; save less metadata") == true)
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["w"])
    }
  }

  @Test func namesThatReadersConfuseAreNotWritten() throws {
    final class Keyed: Module {
      let layers: [String: Parameter]

      init(_ names: [String]) {
        layers = .init(uniqueKeysWithValues: names.map { ($0, Parameter([1], initializer: .zeros)) })
      }
    }
    final class Reserved: Module { let __metadata__ = Parameter([1], initializer: .zeros) }
    // The paths of both are “a.b.layers.c”.
    final class Twice: Module {
      let a: [String: Any] = ["b.layers.c": Parameter([1], initializer: .zeros), "b": Keyed(["c"])]
    }
    let reserved = Reserved(), twice = Twice()
    reserved.initialize(seed: 1)
    twice.initialize(seed: 1)
    try withTemporaryFolder { folder in
      let error = #expect(throws: WeightsError.self) { try reserved.saveWeights(to: folder + "/w") }
      #expect(
        error?.description.contains("(“__metadata__” can't be the name of a tensor; rename a module or parameter)")
          == true)
      let clash = #expect(throws: WeightsError.self) { try twice.saveWeights(to: folder + "/w") }
      #expect(
        clash?.description.contains("(“a.b.layers.c” is the name of two tensors; rename a module or parameter)") == true
      )
      let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(files.isEmpty)
      let keyed = Keyed(["é", "z", "a"])
      keyed.initialize(seed: 1)
      try keyed.saveWeights(to: folder + "/w")
      try keyed.loadWeights(from: folder + "/w")
    }
  }

  @Test func aFailedWriteLeavesTheOldFile() throws {
    let net = net()
    net.initialize(seed: 1)
    try withTemporaryFolder { folder in
      // A folder cannot be replaced by a file, and its contents must survive.
      try FileManager.default.createDirectory(atPath: folder + "/w", withIntermediateDirectories: true)
      try Data("old".utf8).write(to: URL(filePath: folder + "/w/kept"))
      let error = #expect(throws: WeightsError.self) { try net.saveWeights(to: folder + "/w") }
      #expect(error?.description.contains("cannot be written") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["w"], "no partial file stays")
      #expect(throws: WeightsError.self) { try net.saveWeights(to: folder + "/no/such/folder/w") }
    }
  }

  /// A limit on this process's file size acts as a disk that is full after 400 bytes.
  @Test func aFullDiskLeavesTheOldFile() async {
    await #expect(processExitsWith: .success) {
      let net = Sequential(Linear(30, 20))
      net.initialize(seed: 1)
      try withTemporaryFolder { folder in
        try net.saveWeights(to: folder + "/w")
        let before = try Data(contentsOf: URL(filePath: folder + "/w"))
        net.initialize(seed: 2)
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 400, rlim_max: 400)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
        let error = #expect(throws: WeightsError.self) { try net.saveWeights(to: folder + "/w") }
        #expect(
          error?.description.hasSuffix(
            "cannot be written (the file is larger than allowed); an existing file is unchanged") == true)
        #expect(try Data(contentsOf: URL(filePath: folder + "/w")) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["w"])
      }
    }
  }

  /// A writer that is killed leaves a part of a file; the next writer removes it.
  @Test func killedWritersLeaveNothing() async throws {
    let folder = NSTemporaryDirectory() + "rheoscope-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let net = Sequential(Linear(300, 300))
    net.initialize(seed: 1)
    try net.saveWeights(to: folder + "/w")
    var leftovers = 0
    let input = ExitTestInput("killed-writer")
    defer { input.remove() }
    // More kills where the first hit no write.
    for attempt in 1...60 where attempt <= 5 || leftovers == 0 {
      try input.set([folder: 3 * attempt])
      await #expect(processExitsWith: .signal(SIGKILL)) {
        let (folder, milliseconds) = try ExitTestInput("killed-writer").value([String: Int].self).first!
        Thread.detachNewThread {
          usleep(UInt32(milliseconds) * 1000)
          kill(getpid(), SIGKILL)
        }
        let net = Sequential(Linear(300, 300))
        net.initialize(seed: 2)
        while true { try net.saveWeights(to: folder + "/w") }
      }
      leftovers += try FileManager.default.contentsOfDirectory(atPath: folder).count - 1
      try net.loadWeights(from: folder + "/w")
      try net.saveWeights(to: folder + "/w")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["w"])
    }
    #expect(leftovers > 0, "a kill during a write is what is tested")
  }

  @Test func theLongestNameIsWritten() throws {
    let net = net()
    net.initialize(seed: 1)
    try withTemporaryFolder { folder in
      let path = folder + "/" + String(repeating: "w", count: 254)
      try net.saveWeights(to: path)
      try net.loadWeights(from: path)
      let error = #expect(throws: WeightsError.self) { try net.saveWeights(to: path + "ww") }
      #expect(error?.description.contains("(the name is too long; a name has at most 255 bytes, a path 4,095)") == true)
    }
  }
}
