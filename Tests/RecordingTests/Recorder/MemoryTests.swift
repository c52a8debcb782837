import Autodiff
import Foundation
import NeuralNetworks
import Recording
import TestSupport
import Testing

/// The memory of a recording does not grow with its length. A million steps take some minutes:
/// `RHEOSCOPE_STEPS=1000000 ./test --filter MemoryTests`.
@Suite struct MemoryTests {
  // Each runs in a process of its own, whose memory no other test uses. Until step 12,000 SQLite's page cache grows to 2 MiB.

  @Test func standard() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try train("standard", .standard)
    }
    try show(result)
  }

  @Test func thorough() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try train("thorough", .thorough)
    }
    try show(result)
  }

  @Test func everySecondStep() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try train("every second step", .thorough.every(2))
    }
    try show(result)
  }

  @Test func everything() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try train("everything", .standard + .thorough.every(16) + .everything.every(400))
    }
    try show(result)
  }

  private func show(_ result: ExitTest.Result?) throws {
    print(String(decoding: try #require(result).standardErrorContent, as: UTF8.self), terminator: "")
  }
}

/// Records steps, and requires that the memory after half of them and after all is the same.
private func train(_ name: String, _ probes: ProbeSet) throws {
  useThreads(1)
  let warmUp = 12_000
  let steps = max(ProcessInfo.processInfo.environment["RHEOSCOPE_STEPS"].flatMap(Int.init) ?? 24_000, 2 * warmUp)
  try withTemporaryFolder { folder in
    let net = Sequential(Linear(3, 4), ReLU(), Linear(4, 2))
    net.initialize(seed: 0)
    let optimizer = SGD(net, learningRate: 0.01)
    let recorder = try Recorder(
      net, optimizer, writingTo: folder + "/run.rheo", probes: probes, warn: { _ in })
    let inputs = Tensor(sampleValues(12), shape: [4, 3]), labels = [0, 1, 1, 0]
    var before = (allocated: 0, resident: 0, tensors: 0)
    for step in 1...steps {
      let loss = crossEntropy(net(inputs), labels)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss, again: { crossEntropy(net(inputs), labels) })
      if step == warmUp { before = try memory() }
    }
    let after = try memory()
    _ = try recorder.finish()
    let growth = (
      allocated: after.allocated - before.allocated, resident: after.resident - before.resident,
      tensors: after.tensors - before.tensors
    )
    let told = "\(name): \(steps - warmUp) steps, \(growth)"
    if steps > 24_000 { FileHandle.standardError.write(Data((told + "\n").utf8)) }
    // `SimilarityToFinal` keeps at most 50 observations of three layers. malloc keeps memory that was once used, as when rows waited
    // for a busy machine.
    try #require(growth.allocated < 96 << 10 && growth.resident < 16 << 20 && growth.tensors < 64 << 10, "\(told)")
  }
}

/// The bytes that malloc has allocated, that are resident, and that tensors take, once all rows are written.
private func memory() throws -> (allocated: Int, resident: Int, tensors: Int) {
  Thread.sleep(forTimeInterval: 0.6)
  return (allocatedBytes(), try residentBytes(), TensorMemory.inUse)
}
