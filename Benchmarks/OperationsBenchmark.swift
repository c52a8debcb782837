import Foundation
import Rheoscope

/// The time of each operation on a million elements, the bytes that it must read and write, and their rate as a share of that of a plain
/// copy of as many bytes, on one and two threads; and from both what to expect of more cores.
///
/// By Amdahl's law a time is s + p / n on n cores. Two measured times, T₁ and T₂, give p = 2 (T₁ − T₂) and s = T₁ − p, and the expected speedup
/// T₁ / (s + p / n). It holds as long as the memory keeps up.
///
/// A table; the given number of threads has no meaning here. One thread and two take turns, and the best of nine rounds of each counts.
func operations() {
  let copied = measuredTimes {
    let source = [Float](repeating: 1, count: elements)
    var target = [Float](repeating: 0, count: elements)
    return { source.withUnsafeBytes { bytes in target.withUnsafeMutableBytes { $0.copyMemory(from: bytes) } } }
  }
  let bandwidth = Double(8 * elements) / copied.one
  print(String(format: "A copy of 4 MiB on one thread: %.3f ms, %.1f GB/s.\n", copied.one, bandwidth / 1e6))
  print("| operation | 1 thread | 2 threads | bytes | of the copy's rate | 2 threads | 16 cores | 64 cores |")
  print("|---|---|---|---|---|---|---|---|")
  for operation in measuredOperations {
    let times = measuredTimes(operation.prepare)
    let cells = [
      operation.name, String(format: "%.3f ms", times.one), String(format: "%.3f ms", times.two),
      String(format: "%.1f MiB", Double(operation.bytes) / Double(1 << 20)),
      String(format: "%.0f %%", 100 * Double(operation.bytes) / times.one / bandwidth),
      String(format: "%.2f ×", times.one / times.two), String(format: "%.1f ×", times.expectedSpeedup(on: 16)),
      String(format: "%.1f ×", times.expectedSpeedup(on: 64)),
    ]
    print("| " + cells.joined(separator: " | ") + " |")
    fflush(nil)
  }
}

private let side = 1024, elements = side * side

/// Milliseconds on one and two threads.
struct TimesOfThreads {
  var one = Double.infinity, two = Double.infinity

  func expectedSpeedup(on cores: Double) -> Double {
    // Where two threads are slower or more than twice as fast, by chance.
    let parallel = min(max(2 * (one - two), 0), one)
    return one / (one - parallel + parallel / cores)
  }
}

/// Work runs at least twice and for 20 ms per round.
private func measuredTimes(_ prepare: () -> () -> Void) -> TimesOfThreads {
  var times = TimesOfThreads()
  let work = prepare()
  for _ in 0..<9 {
    for (threads, time) in [(1, \TimesOfThreads.one), (2, \TimesOfThreads.two)] {
      useThreads(threads)
      work()
      let start = ContinuousClock.now
      var count = 0.0
      repeat {
        work()
        count += 1
      } while count < 2 || (ContinuousClock.now - start).milliseconds < 20
      times[keyPath: time] = min(times[keyPath: time], (ContinuousClock.now - start).milliseconds / count)
    }
  }
  return times
}

/// An operation on a million elements, and how many bytes it reads and writes if each is moved once.
private struct MeasuredOperation: Sendable {
  let name: String
  let bytes: Int
  let prepare: @Sendable () -> () -> Void

  /// `moved` tensors of a million elements are read or written.
  init(_ name: String, moved: Double = 2, prepare: @escaping @Sendable () -> () -> Void) {
    (self.name, bytes, self.prepare) = (name, Int(moved * 4 * Double(elements)), prepare)
  }

  init(_ name: String, moved: Double = 2, _ run: @escaping @Sendable (Tensor) -> Tensor) {
    self.init(name, moved: moved) {
      let x = randomNumbers([side, side])
      return { _ = run(x) }
    }
  }
}

private func randomNumbers(_ shape: Shape) -> Tensor {
  var random = RandomStream(seed: 0, name: "operations")
  return Tensor(shape: shape) { for i in $0.indices { $0[i] = Float(random.uniform()) * 6 - 3 } }
}

private let elementwiseOperations: [MeasuredOperation] = [
  MeasuredOperation("relu", relu), MeasuredOperation("sigmoid", sigmoid), MeasuredOperation("tanh", tanh),
  MeasuredOperation("exp", exp), MeasuredOperation("sin", sin), MeasuredOperation("erf", erf),
  MeasuredOperation("gelu") { gelu($0) }, MeasuredOperation("pow 1.5") { pow($0, 1.5) },
  MeasuredOperation("x + x", moved: 3) { $0 + $0 }, MeasuredOperation("x / x", moved: 3) { $0 / $0 },
  MeasuredOperation("pow of two tensors", moved: 3) { pow($0, $0) },
  MeasuredOperation("x + row") { x in x + Tensor(repeating: 1, shape: [side]) },
  MeasuredOperation("to bfloat16", moved: 1.5) { $0.cast(to: .bfloat16) },
]

private let reducingOperations: [MeasuredOperation] = [
  MeasuredOperation("sum", moved: 1) { $0.sum() }, MeasuredOperation("sum over 0", moved: 1) { $0.sum(axes: [0]) },
  MeasuredOperation("sum over 1", moved: 1) { $0.sum(axes: [1]) },
  MeasuredOperation("largest over 1", moved: 1) { $0.max(axes: [1]) },
  MeasuredOperation("root mean square", moved: 1) { Tensor($0.rms) },
  MeasuredOperation("cumulative sum over 0") { $0.cumulativeSum(axis: 0) },
  MeasuredOperation("softmax over 1", softmax), MeasuredOperation("softmax over 0") { softmax($0, axis: 0) },
  MeasuredOperation("cross-entropy", moved: 1) { crossEntropy($0, [Int](repeating: 3, count: side)) },
]

private let movingOperations: [MeasuredOperation] = [
  MeasuredOperation("transposed") { $0.transposed() },
  MeasuredOperation("part of rows", moved: 1) { $0.sliced(1, 0..<side / 2) },
  MeasuredOperation("concatenated", moved: 4) { concatenated([$0, $0], axis: 1) },
  MeasuredOperation("gather over 1", moved: 4) {
    let x = randomNumbers([side, side]), indices = x.argsort(axis: 1)
    return { _ = x.gather(axis: 1, indices) }
  },
  MeasuredOperation("sorted over 1", moved: 4) { $0.sorted().values },
  MeasuredOperation("100 largest of all", moved: 1) { $0.reshaped([elements]).topK(100).values },
]

private let layerOperations: [MeasuredOperation] = [
  MeasuredOperation("layer normalization, both ways", moved: 7) {
    let layer = LayerNorm(side)
    layer.initialize(seed: 0)
    let x = randomNumbers([side, side]).requiringGradient()
    return { layer(x).sum().backward() }
  },
  MeasuredOperation("batch normalization, both ways", moved: 8) {
    let layer = BatchNorm(64)
    layer.initialize(seed: 0)
    let x = randomNumbers([elements / 64, 64]).requiringGradient()
    return { layer(x).sum().backward() }
  },
  MeasuredOperation("maxPool 2 × 2", moved: 1.5) {
    let x = randomNumbers([16, 32, 32, 64])
    return { _ = maxPool(x, kernelSize: 2) }
  },
  MeasuredOperation("averagePool 2 × 2", moved: 1.25) {
    let x = randomNumbers([16, 32, 32, 64])
    return { _ = averagePool(x, kernelSize: 2) }
  },
  MeasuredOperation("SGD with momentum", moved: 5) { steps { SGD($0, learningRate: 0.01, momentum: 0.9) } },
  MeasuredOperation("Adam", moved: 7) { steps { Adam($0, learningRate: 0.01) } },
  MeasuredOperation("product of 1024 × 1024", moved: 3) { matmul($0, $0) },
]

private let measuredOperations = elementwiseOperations + reducingOperations + movingOperations + layerOperations

private func steps(_ make: (Module) -> Optimizer) -> () -> Void {
  let model = Linear(side, side, initializer: .heNormal)
  model.initialize(seed: 0)
  let optimizer = make(model), g = randomNumbers([side, side])
  return {
    model.weight.gradient = g
    optimizer.step()
  }
}
