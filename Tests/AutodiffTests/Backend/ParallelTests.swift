import Autodiff
import CKernels
import Foundation
import TestSupport
import Testing

/// What each operation computes has the same bits for any number of threads. Values and gradients, of tensors below and above the size
/// from which the work is shared.
@Suite struct ParallelTests {
  private struct Operation: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let shapes: [Shape]
    let run: @Sendable (Tensor) -> [Tensor]

    init(_ name: String, _ shapes: [Shape] = matrices, run: @escaping @Sendable (Tensor) -> [Tensor]) {
      (testDescription, self.shapes, self.run) = (name, shapes, run)
    }
  }

  private static let matrices: [Shape] = [[7, 5], [300, 500], [70_001, 3], [5, 30_011], [1025, 128]]
  private static let images: [Shape] = [[2, 5, 7, 3], [11, 33, 35, 16]]

  private static let elementwise: [Operation] =
    [("relu", relu), ("sigmoid", sigmoid), ("tanh", tanh), ("exp", exp), ("sin", sin), ("cos", cos), ("erf", erf)].map {
      function in Operation(function.0) { [function.1($0)] }
    } + [
      Operation("gelu", run: { [gelu($0)] }), Operation("silu", run: { [silu($0)] }),
      Operation("elu", run: { [elu($0)] }), Operation("leakyReLU", run: { [leakyReLU($0, slope: 0.1)] }),
      Operation("pow", run: { [pow($0, 3), pow($0.absolute() + 0.1, $0)] }),
      Operation("arithmetic", run: { [$0 + $0.squared(), $0 * 3 - 1, $0 / ($0.squared() + 1), maximum($0, -$0)] }),
      Operation("of rows and columns", run: { [$0 + $0.sliced(0, 1..<2), $0 * $0.sliced(1, 0..<1)] }),
      Operation("where", run: { [Tensor.where($0 .> 0, $0, $0 * 2)] }),
      Operation("clamped", run: { [$0.clamped(to: -0.5...0.5)] }),
      Operation("bfloat16", run: { [relu($0.cast(to: .bfloat16)).cast(to: .float32)] }),
      Operation("float16", run: { [relu($0.cast(to: .float16)).cast(to: .float32)] }),
    ]

  private static let overDimensions: [Operation] = [
    Operation("softmax", run: { [softmax($0), softmax($0, axis: 0), logSoftmax($0), logSoftmax($0, axis: 0)] }),
    Operation("sums", run: { [$0.sum(), $0.mean(axes: [0]), $0.sum(axes: [1]), $0.norm()] }),
    Operation(
      "sums over one of three", [[3, 4, 5], [70, 40, 50]],
      run: { x in [[0], [1], [2], [0, 2], [0, 1]].map { x.sum(axes: $0) } }),
    Operation("extremes", run: { [$0.max(axis: 0).values, $0.min(axis: 1).values, Tensor($0.argmax(axis: 1))] }),
    Operation("cumulative sums", run: { [$0.cumulativeSum(axis: 0), $0.cumulativeSum(axis: 1)] }),
    Operation("order", run: { [$0.sorted().values, $0.topK(2, axis: 0).values, $0.sorted(axis: 0).values] }),
    Operation("transposed", run: { [$0.transposed(), $0.flipped(axes: [0, 1])] }),
    Operation(
      "parts", run: { [concatenated([$0.sliced(1, 1..<3), $0], axis: 1), $0.padded(0, before: 1, after: 2)] }),
    Operation("rows", run: { [$0.take(rows: Indices((0..<$0.shape[0]).map { $0 / 2 }, shape: [$0.shape[0]]))] }),
    Operation("layer normalization") {
      let weight = $0.sliced(0, 0..<1).reshaped([$0.shape[1]])
      return [true, false].map { [x = $0] isCentered in
        layerNorm(x, weight: weight, bias: weight, epsilon: 1e-5, centered: isCentered)
      }
    },
    Operation("batch normalization") {
      let weight = $0.sliced(0, 0..<1).reshaped([$0.shape[1]])
      let (output, moments) = batchNorm($0 + 30, weight: weight, bias: nil, epsilon: 1e-5)
      return [output, moments.mean, moments.variance]
    },
    Operation("recurrent steps", [[7, 35], [3001, 70]]) { x in
      let units = x.shape[1] / 7
      func columns(_ first: Int, _ count: Int) -> Tensor { x.sliced(1, first * units..<(first + count) * units) }
      let gates = columns(0, 4), memory = lstmMemory(gates, columns(4, 1))
      return [memory, lstmState(gates, memory), gruState(columns(0, 3), columns(3, 3), columns(6, 1))]
    },
    Operation("cross-entropy") {
      let columns = $0.shape[1], labels = (0..<$0.shape[0]).map { $0 % columns }
      return [crossEntropy($0, labels, labelSmoothing: 0.1), crossEntropy($0, labels, reduction: .none)]
    },
  ]

  private static let ofImages: [Operation] = [
    Operation("maxPool", images, run: { [maxPool($0, kernelSize: 3, stride: 2, padding: 1)] }),
    Operation("averagePool", images, run: { [averagePool($0, kernelSize: 2), globalAveragePool($0)] }),
    Operation("resize", images, run: { [resize($0, to: [9, 40], mode: .linear)] }),
    Operation("patches", images) {
      let window = Window("patches", axes: 2, kernelSize: [3, 3], stride: 2, dilation: 1, padding: 1)
      return [$0.detached().patches(window, first: 1, count: 2)]
    },
  ]

  @Test(arguments: elementwise + overDimensions + ofImages)
  private func bitsOf(_ operation: Operation) {
    for shape in operation.shapes {
      let values = sampleValues(shape.elementCount)
      expectSameBits("\(shape)") {
        let x = Tensor(values, shape: shape).requiringGradient()
        let outputs = operation.run(x)
        let terms = outputs.filter(\.isOnTape).map {
          ($0 * Tensor(sampleValues($0.elementCount, seed: 2), shape: $0.shape)).sum()
        }
        if let first = terms.first { terms.dropFirst().reduce(first, +).backward() }
        return (outputs + [x.gradient].compactMap { $0 }).flatMap { $0.values.map { UInt64($0.bitPattern) } }
      }
    }
  }

  @Test(arguments: [1000, 40_000, 300_001]) func bitsOfStatistics(_ count: Int) {
    let values = sampleValues(count), others = sampleValues(count, seed: 3)
    expectSameBits("\(count)") {
      let x = Tensor(values, shape: [count]), y = Tensor(others, shape: [count])
      let seen = x.activationSums(low: -0.5, high: 0.5), gradients = x.gradientSums(), pairs = x.pairSums(with: y)
      let change = x.change(from: y, gradient: y, last: x)
      let sums: [Double] =
        [seen.sum, seen.squareSum, Double(seen.minimum), Double(seen.maximum), Double(seen.zeros + seen.outside)]
        + [gradients.squareSum, Double(gradients.largest), pairs.productSum, pairs.firstSquareSum]
        + [change.withChange, change.withLast, x.squaredDeviations(from: 0.1), x.squaredDistance(to: y)]
      let rows = x.rowSquares(rows: count / 100) + x.rowProducts(with: y, rows: count / 100)
      return (sums + rows).map(\.bitPattern) + change.change.values.map { UInt64($0.bitPattern) }
    }
  }

  /// The sums over chunks are those of the whole, to rounding; counts and extremes exactly.
  @Test func statisticsOfChunks() {
    let count = 300_001
    var values = sampleValues(count)
    values[200_000] = 5
    values[100_000] = -7
    let seen = Tensor(values, shape: [count]).activationSums(low: -0.5, high: 0.5)
    let whole = statistics_of(values, count, -0.5, 0.5)
    #expect(seen.minimum == -7 && seen.maximum == 5 && seen.outside == whole.outside && seen.zeros == whole.zeros)
    #expect(abs(seen.sum - whole.sum) < 1e-9 * Double(count) && abs(seen.squareSum / whole.square_sum - 1) < 1e-9)
    values[250_000] = .nan
    let broken = Tensor(values, shape: [count]).activationSums(low: -.infinity, high: .infinity)
    #expect(broken.nonfinite == 1 && broken.minimum.isNaN && broken.maximum.isNaN)
    #expect(Tensor(values, shape: [count]).gradientSums().largest.isNaN)
  }

  @Test(arguments: [1000, 200_003]) func bitsOfOptimizerSteps(_ count: Int) {
    let values = sampleValues(count), slopes = sampleValues(count, seed: 4)
    for isMeasured in [false, true] {
      expectSameBits("\(count) \(isMeasured)") {
        var bits: [UInt64] = []
        for rule in 0..<4 {
          var weights = values, mean = [Float](repeating: 0, count: count), square = mean, norms = StepNorms()
          for _ in 0..<2 {
            withUnsafeMutablePointer(to: &norms) {
              let norms = isMeasured ? $0 : nil
              switch rule {
              case 0:
                OptimizerKernels.sgd(
                  &weights, slopes, velocity: &mean, count: count, learningRate: 0.1, momentum: 0.9, nesterov: true,
                  weightDecay: 0.01, norms: norms)
              case 1:
                OptimizerKernels.rmsprop(
                  &weights, slopes, square: &square, velocity: &mean, count: count, learningRate: 0.1, smoothing: 0.9,
                  momentum: 0.9, epsilon: 1e-8, weightDecay: 0, norms: norms)
              case 2:
                OptimizerKernels.adagrad(
                  &weights, slopes, sum: &square, count: count, learningRate: 0.1, epsilon: 1e-8, weightDecay: 0,
                  norms: norms)
              default:
                OptimizerKernels.adam(
                  &weights, slopes, mean: &mean, square: &square, count: count, learningRate: 0.1, beta1: 0.9,
                  beta2: 0.99, rootScale: 1, epsilon: 1e-8, weightDecay: 0, shrinkage: 0.99, norms: norms)
              }
            }
          }
          bits += (weights + mean + square).map { UInt64($0.bitPattern) }
          bits += [norms.weight, norms.gradient, norms.update, Double(norms.largestGradient)].map(\.bitPattern)
        }
        return bits
      }
    }
  }

  private func expectSameBits(_ label: String, _ compute: () -> [UInt64]) {
    let before = threadCount
    defer { useThreads(before) }
    useThreads(1)
    let alone = compute()
    for threads in 2...4 {
      useThreads(threads)
      #expect(compute() == alone, "\(label), \(threads) threads")
    }
  }

  /// Every chunk is computed once, also where several threads share work at the same time and chunks take long.
  @Test func chunksOfSeveralCallers() async {
    await withTaskGroup(of: Bool.self) { group in
      for caller in 0..<6 {
        group.addTask {
          (0..<200).allSatisfy { round in
            let chunks = 1 + (round * 7 + caller) % 40
            var counts = [Int32](repeating: 0, count: chunks)
            counts.withUnsafeMutableBufferPointer {
              in_parallel(
                Int32(1 + (round + caller) % 5), Int64(chunks),
                { counts, chunk in
                  if chunk % 13 == 3 { usleep(50) }
                  counts!.assumingMemoryBound(to: Int32.self)[Int(chunk)] += 1
                }, $0.baseAddress)
            }
            return counts.allSatisfy { $0 == 1 }
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  /// In a process of its own, in which nothing else starts threads.
  @Test func smallOperationsRunOnOneThread() async {
    await #expect(processExitsWith: .success) {
      func threads() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
      useThreads(3)
      let before = try threads()
      _ = relu(Tensor([Float](repeating: 1, count: 60_000), shape: [60_000]))
      #expect(try threads() == before)
      _ = relu(Tensor([Float](repeating: 1, count: 200_000), shape: [200_000]))
      #expect(try threads() == before + 2)
    }
  }

  @Test func helpersFlushDenormalsAsTheCallerDoes() {
    let before = threadCount
    defer { useThreads(before) }
    useThreads(3)
    let tiny = Tensor(repeating: .leastNonzeroMagnitude, shape: [400_000])
    for _ in 0..<3 {
      #expect((tiny * 3).values.allSatisfy { $0.bitPattern == 3 })
      withDenormalsFlushed { #expect((tiny * 3).values.allSatisfy { $0.bitPattern == 0 }) }
    }
  }
}
