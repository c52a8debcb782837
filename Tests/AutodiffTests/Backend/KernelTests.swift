import Autodiff
import CKernels
import Foundation
import TestSupport
import Testing

@Suite struct KernelTests {
  private let points: [Float] =
    [
      0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .leastNormalMagnitude, 88.7, 88.8,
      -87.3, -100, -103, -110, 1e38, 1e-20,
    ]
    + stride(from: Float(-104), through: 89, by: 0.0371)

  private func worst(_ f: (Tensor) -> Tensor, _ reference: (Double) -> Double, over points: [Float]) -> Double {
    let found = f(Tensor(points, shape: [points.count])).values
    return zip(points, found).reduce(0) { worst, pair in
      let (x, y) = pair
      let exact = reference(Double(x)), rounded = Float(exact)
      if rounded.isNaN || rounded.isInfinite {
        return y.isNaN == rounded.isNaN && (y.isNaN || y == rounded) ? worst : .infinity
      }
      return max(worst, abs(Double(y) - exact) / Double(max(rounded.magnitude.ulp, .leastNonzeroMagnitude)))
    }
  }

  @Test func functionsAreRightToAFewUnitsInTheLastPlace() {
    #expect(worst(exp, { Foundation.exp($0) }, over: points) < 2)
    #expect(worst(log, { $0 < 0 ? .nan : Foundation.log($0) }, over: points.map { abs($0) } + [-1]) < 2)
    #expect(worst(tanh, { Foundation.tanh($0) }, over: points.map { $0 / 9 }) < 3)
    #expect(worst(sigmoid, { 1 / (1 + Foundation.exp(-$0)) }, over: points) < 4)
  }

  /// Sines beyond 10⁶ are the system's.
  @Test(arguments: [1e-30, 1, 4, 100, 1e4, 1e6, 1e9] as [Float])
  func specialFunctionsAreRightToAUnitInTheLastPlace(_ size: Float) {
    let points =
      sampleValues(20_000).map { $0 * size } + [0, -0.0, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]
    #expect(worst(sin, { Foundation.sin($0) }, over: points + [.infinity]) < 1)
    #expect(worst(cos, { Foundation.cos($0) }, over: points + [.infinity]) < 1)
    #expect(worst(erf, { Foundation.erf($0) }, over: points + [.infinity, -.infinity]) < 1)
    for exponent in [3, -2, 0.5, -1.7, 0, 1, 11.3] as [Float] {
      #expect(worst({ pow($0, exponent) }, { Foundation.pow($0, Double(exponent)) }, over: points) < 1, "\(exponent)")
    }
    #expect(sin(Tensor(-0.0)).value.sign == .minus && erf(Tensor(-0.0)).value.sign == .minus)
  }

  /// As C's powf, bit by bit.
  @Test func powersOfSpecialNumbers() {
    let numbers: [Float] = [
      0, -0.0, 1, -1, 2, -2, 0.5, -0.5, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      3e38, -3e38, 3, -3, 1e-20,
      1.000_000_1, 0.999_999_94, 16_777_216, -16_777_215,
    ]
    for x in numbers {
      for y in numbers {
        let expected = powf(x, y)
        for found in [pow(Tensor(x), y).value, pow(Tensor(x), Tensor(y)).value] {
          #expect(
            found.isNaN == expected.isNaN && (found.isNaN || found.bitPattern == expected.bitPattern), "\(x) \(y)")
        }
      }
    }
  }

  @Test func noFunctionHidesNaN() {
    let x = Tensor(repeating: .nan, shape: [37])
    for y in [relu(x), sigmoid(x), tanh(x), exp(x), log(x), square(x), x.squareRoot(), -x, x + 1, x * x, softmax(x)] {
      #expect(y.values.allSatisfy { $0.isNaN })
    }
    #expect(crossEntropy(Tensor([0, .nan, 1], shape: [1, 3]), [0]).value.isNaN)
    #expect(x.sum().value.isNaN)
    let g = Tensor(repeating: .nan, shape: [37]), leaf = Tensor(repeating: 1, shape: [37]).requiringGradient()
    (relu(leaf) * g).sum().backward()
    #expect(leaf.gradient!.values.allSatisfy { $0.isNaN })
  }

  @Test(arguments: [1, 15, 16, 17, 1000]) func statisticsAgreeWithASlowSum(_ count: Int) {
    var values = sampleValues(count).map { $0 < -0.5 ? 0 : $0 }
    if count > 2 { values[2] = 1e-30 }
    let exact = values.map(Double.init)
    let seen = statistics_of(values, count, -0.2, 0.7)
    let magnitude = exact.reduce(0) { $0 + abs($1) }, squares = exact.reduce(0) { $0 + $1 * $1 }
    #expect(abs(seen.sum - exact.reduce(0, +)) < 1e-7 * magnitude)
    #expect(abs(seen.square_sum / squares - 1) < 1e-7)
    #expect(seen.minimum == values.min() && seen.maximum == values.max())
    #expect(seen.zeros == values.filter { $0 == 0 }.count)
    #expect(seen.outside == values.filter { $0 < -0.2 || $0 > 0.7 }.count)
    #expect(seen.nonfinite == 0)
    let magnitudes = magnitudes_of(values, count)
    #expect(magnitudes.square_sum == seen.square_sum)
    #expect(magnitudes.largest == values.map(abs).max())
  }

  @Test func tinySquaresDoNotVanish() {
    for size in [1e-36, 1e-30, 1e-20, 1e-15, 1, 1e15, 1e20, 1e38] as [Float] {
      let values = (0..<100).map { Float($0 % 3) * size / 2 }
      let exact = (values.reduce(0) { $0 + Double($1) * Double($1) } / 100).squareRoot()
      #expect(abs(Double(Tensor(values, shape: [100]).rms) / exact - 1) < 1e-6)
      let update = step_norms.of(weights: values, gradient: values, rate: 0.5)
      #expect(abs(update.weight.squareRoot() / (exact * 10) - 1) < 1e-6)
      #expect(abs(update.gradient.squareRoot() / (exact * 10) - 1) < 1e-6)
      #expect(abs(update.update.squareRoot() / (exact * 5) - 1) < 1e-6)
    }
  }

  @Test func productsAndDistancesNeitherVanishNorOverflow() {
    for size in [1e-36, 1e-25, 1e-18, 1, 1e18, 1e30] as [Float] {
      let a = (0..<200).map { Float($0 % 5 + 1) * size }, b = (0..<200).map { Float($0 % 3 - 1) * size }
      let rows = (0..<2).map { row in (100 * row..<100 * row + 100).reduce(0) { $0 + Double(a[$1]) * Double(b[$1]) } }
      var sums = [0.0, 0.0]
      multiply_rows(a, b, 100, 2, 100, &sums)
      for row in 0..<2 { #expect(abs(sums[row] / rows[row] - 1) < 1e-6, "\(size)") }
      let distance = zip(a, b).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
      #expect(abs(squared_distance(a, b, 200) / distance - 1) < 1e-6, "\(size)")
    }
  }

  @Test(arguments: [1e-10, 1e-5, 1]) func productsThatCancelAreRightToTheSizeOfTheirTerms(_ small: Float) {
    let mixed: [Float] = (0..<64).map { [100, small, -100, small][$0 / 16] }
    var sum = 0.0
    multiply_rows(mixed, [Float](repeating: 1, count: 64), 64, 1, 64, &sum)
    #expect(abs(sum - 32 * Double(small)) < 1e-7 * 3200)
    // Where nothing is left of them in Float32 they are added up in Float64.
    if small < 1e-9 { #expect(abs(sum / (32 * Double(small)) - 1) < 1e-3) }
  }

  @Test(arguments: [0, 3, 40]) func statisticsTellNonfiniteValues(_ place: Int) {
    var values = [Float](repeating: 1, count: 41)
    values[place] = .nan
    var seen = statistics_of(values, 41, -.infinity, .infinity)
    #expect(seen.nonfinite == 1 && seen.minimum.isNaN && seen.maximum.isNaN)
    #expect(magnitudes_of(values, 41).largest.isNaN)
    values[place] = -.infinity
    seen = statistics_of(values, 41, -.infinity, .infinity)
    #expect(seen.nonfinite == 1 && seen.minimum == -.infinity && seen.maximum == 1)
    #expect(magnitudes_of(values, 41).largest == .infinity)
  }

  /// A thread forgets its primitives when it has very many; what they compute stays right.
  @Test func productsOfMoreShapesThanAreKept() {
    let x = Tensor(repeating: 2, shape: [1030, 3]), weight = Tensor(repeating: 1, shape: [1, 3])
    for rows in Array(1...1030) + Array(1...5) {
      let y = linear(x.sliced(0, 0..<rows), weight: weight)
      #expect(y.shape == [rows, 1] && y.values[rows - 1] == 6)
    }
  }

  /// Blocks of every size class up to a few megabytes: large enough, aligned, and none handed out twice.
  @Test func pooledMemory() {
    var blocks: [(UnsafeMutableRawPointer, Int)] = []
    let sizes = (0...20).flatMap { [1 << $0, (1 << $0) + 1, (1 << $0) * 13 / 8] }
    for round in 0..<2 {
      for size in sizes {
        let block = memory_take(size)!
        #expect(Int(bitPattern: block) % 64 == 0)
        memset(block, Int32(round + 1), size)
        blocks.append((block, size))
      }
      #expect(Set(blocks.map(\.0)).count == sizes.count)
      for (block, size) in blocks {
        let bytes = UnsafeRawBufferPointer(start: block, count: size)
        #expect(bytes.first == UInt8(round + 1) && bytes.last == UInt8(round + 1))
      }
      for (block, size) in blocks { memory_give(block, size) }
      blocks = []
    }
    memory_trim()
  }

  /// Blocks that one thread takes and another gives back, when the first has ended: they stay whole, and the memory comes back, or is
  /// used again where a block of each round is kept. In a process of its own, whose memory nobody else uses.
  @Test func pooledMemoryGoesFromThreadToThread() async {
    await #expect(processExitsWith: .success) {
      let size = 16 << 10, count = 3000, before = try residentBytes()
      for (kept, limit) in [(0, 32), (1, 100)] {
        for round in 0..<20 {
          let taken = round % 2 == 0 ? count / 2 : count
          var blocks: [UnsafeMutableRawPointer] = []
          inThread {
            blocks = (0..<count).map { index in
              let block = memory_take(size)!
              memset(block, Int32(index % 256), size)
              return block
            }
            for block in blocks.suffix(count - taken) { memory_give(block, size) }
          }
          inThread {
            for index in 0..<taken {
              let bytes = UnsafeRawBufferPointer(start: blocks[index], count: size)
              guard bytes.first == UInt8(index % 256), bytes.last == UInt8(index % 256) else { fatalError("\(index)") }
              if index >= kept { memory_give(blocks[index], size) }
            }
          }
        }
        let growth = try residentBytes() - before
        try #require(growth < limit << 20, "20 times 47 MiB have been taken, and \(growth >> 20) MiB not come back")
      }
      memory_trim()
    }
  }
}

/// Returns when the thread has ended.
private func inThread(_ body: @escaping () -> Void) {
  var thread = pthread_t()
  let argument = Unmanaged.passRetained(body as AnyObject)
  pthread_create(
    &thread, nil,
    { argument in
      (Unmanaged<AnyObject>.fromOpaque(argument!).takeRetainedValue() as! () -> Void)()
      return nil
    }, argument.toOpaque())
  pthread_join(thread, nil)
}

extension step_norms {
  fileprivate static func of(weights: [Float], gradient: [Float], rate: Float) -> step_norms {
    var norms = step_norms(), weights = weights
    sgd_step(&weights, gradient, nil, weights.count, rate, 0, false, 0, &norms)
    return norms
  }
}
