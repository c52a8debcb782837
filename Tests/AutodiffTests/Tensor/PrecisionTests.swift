import Autodiff
import Foundation
import TestSupport
import Testing

@Suite struct PrecisionTests {
  /// Every pattern of 16 bits, widened and narrowed again, is itself; NaN stay NaN.
  @Test(arguments: [Precision.bfloat16, .float16]) func allPatternsComeBack(_ precision: Precision) {
    let numbers = (0...UInt16.max).map { pattern -> Float in
      precision == .bfloat16 ? Float(bitPattern: UInt32(pattern) << 16) : widened(pattern)
    }
    let back = Tensor(numbers, shape: [numbers.count]).cast(to: precision).values
    for (number, found) in zip(numbers, back) {
      #expect(number.isNaN ? found.isNaN : found == number && found.sign == number.sign)
    }
  }

  /// A number of the format IEEE 754 calls binary16, from its parts.
  private func widened(_ pattern: UInt16) -> Float {
    let sign: Float = pattern & 0x8000 == 0 ? 1 : -1
    let exponent = Int(pattern >> 10 & 31), fraction = Float(pattern & 1023)
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    return exponent == 0
      ? sign * fraction * 0x1p-24
      : sign * (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
  }

  @Test func roundsToTheNearestAndTiesToEven() {
    let step: Float = 0x1p-7
    let x = Tensor([1 + step / 2, 1 + 1.5 * step, 1 + 0.51 * step, -1 - step / 2, 3.4e38], shape: [5])
    #expect(x.cast(to: .bfloat16).values == [1, 1 + 2 * step, 1 + step, -1, .infinity])
    #expect(Tensor([1e-8, 65520, 65519], shape: [3]).cast(to: .float16).values == [0, .infinity, 65504])
  }

  /// Half-sized rectifiers and their gradients do as those of Float32 do.
  @Test(arguments: [Precision.bfloat16, .float16]) func rectifierOnSixteenBits(_ precision: Precision) {
    let x = Tensor([-.infinity, -1, -0.0, 0, 1e-6, 2, .infinity, .nan, -.nan], shape: [9]).requiringGradient()
    let y = relu(x.cast(to: precision))
    #expect(y.precision == precision)
    (y * Tensor(repeating: 1, shape: [9]).cast(to: precision)).sum().backward()
    #expect(y.values.prefix(7).elementsEqual([0, 0, 0, 0, y.values[4], 2, .infinity]))
    #expect(y.values[7].isNaN && y.values[8].isNaN)
    #expect(x.gradient?.values == [0, 0, 0, 0, 1, 1, 1, 1, 1])
  }

  /// Products of rounded factors, summed exactly, then rounded once.
  @Test(arguments: [(3, 5, 4), (1, 1, 1), (17, 33, 9)]) func productsInBfloat16(
    _ rows: Int, _ inner: Int, _ columns: Int
  ) {
    let x = Tensor(sampleValues(rows * inner), shape: [rows, inner])
    let weight = Tensor(sampleValues(columns * inner, seed: 2), shape: [columns, inner])
    let found = withPrecision(.bfloat16) { linear(x, weight: weight) }
    #expect(found.precision == .bfloat16)
    let a = x.cast(to: .bfloat16).values, b = weight.cast(to: .bfloat16).values
    for i in 0..<rows {
      for j in 0..<columns {
        let exact = (0..<inner).reduce(0.0) { $0 + Double(a[i * inner + $1]) * Double(b[j * inner + $1]) }
        #expect(abs(Double(found.values[i * columns + j]) - exact) <= 0x1p-8 * abs(exact) + 1e-6)
      }
    }
  }

  @Test(arguments: [Precision.bfloat16, .float16]) func gradientsAreCloseToThoseOfFloat32(_ precision: Precision) {
    func gradients(_ precision: Precision) -> [[Float]] {
      let x = Tensor(sampleValues(2 * 6 * 6 * 4), shape: [2, 6, 6, 4]).requiringGradient()
      let kernel = Tensor(sampleValues(8 * 4 * 9, seed: 3), shape: [8, 4, 3, 3]).requiringGradient()
      let weight = Tensor(sampleValues(3 * 8, seed: 4), shape: [3, 8]).requiringGradient()
      let bias = Tensor(sampleValues(3, seed: 5), shape: [3]).requiringGradient()
      let output = withPrecision(precision) {
        linear(globalAveragePool(relu(convolve(x, weight: kernel, padding: 1))), weight: weight, bias: bias)
      }
      #expect(output.precision == precision)
      crossEntropy(output, [0, 2]).backward()
      return [x, kernel, weight, bias].map {
        #expect($0.gradient?.precision == .float32)
        return $0.gradient!.values
      }
    }
    for (found, expected) in zip(gradients(precision), gradients(.float32)) {
      #expect(relativeDifference(found, expected) < 2e-2)
      #expect(found != expected)
    }
  }

  /// The same with the instructions of older processors, to which an environment variable restricts oneDNN, without and with
  /// arithmetic in bfloat16 in the library. In a process of its own, since the variable is read once.
  @Test func onOlderProcessors() async {
    await #expect(processExitsWith: .success) { PrecisionTests.computeInBFloat16(with: "AVX512_CORE") }
    await #expect(processExitsWith: .success) { PrecisionTests.computeInBFloat16(with: "AVX2") }
  }

  private static func computeInBFloat16(with instructions: String) {
    for name in ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"] { setenv(name, instructions, 1) }
    #expect(BFloat16Products.current == .widened)
    let tests = PrecisionTests()
    tests.productsInBfloat16(17, 33, 9)
    tests.gradientsAreCloseToThoseOfFloat32(.bfloat16)
    tests.activationsTakeHalfTheMemory()
  }

  /// What a hook returns is stored as the gradient that it replaces.
  @Test func replacedGradientsKeepTheirPrecision() {
    let x = Tensor([1, 2], shape: [2]).requiringGradient()
    x.addGradientHook { ($0 * 3).cast(to: .bfloat16) }
    (x * 2).sum().backward()
    #expect(x.gradient?.precision == .float32)
    #expect(x.gradient?.values == [6, 6])
  }

  /// Saved activations have two bytes an element, and of a layer and its rectifier one is saved, the rectifier's.
  @Test func activationsTakeHalfTheMemory() {
    func bytes(_ precision: Precision) -> Int {
      let x = Tensor(repeating: 1, shape: [64, 128]).requiringGradient()
      let weight = Tensor(sampleValues(128 * 128), shape: [128, 128])
      TensorMemory.trim()
      let before = TensorMemory.inUse
      var y = x
      return withPrecision(precision) {
        for _ in 0..<10 { y = relu(linear(y, weight: weight)) }
        TensorMemory.trim()
        let after = TensorMemory.inUse
        y.sum().backward()
        return after - before
      }
    }
    #expect(bytes(.float32) == 10 * 64 * 128 * 4)
    // Beside the activations: the rounded input of the first layer.
    #expect(bytes(.bfloat16) == 10 * 64 * 128 * 2 + 64 * 128 * 2)
  }

  @Test func theSettingIsOfTheThreadAndOfTheScope() {
    #expect(BFloat16Products.current == .defaultOfProcessor)
    withBFloat16Products(.widened) {
      #expect(BFloat16Products.current == .widened)
      onAThread { #expect(BFloat16Products.current == .defaultOfProcessor) }
    }
    #expect(BFloat16Products.current == .defaultOfProcessor)
  }

  @Test func theEnvironmentVariableSetsTheDefaultAndWrongValuesAreReported() {
    let fallback = BFloat16Products.defaultOfProcessor
    for value in [nil, "", fallback.rawValue] {
      #expect(BFloat16Products.chosen(by: value).products == fallback)
      #expect(BFloat16Products.chosen(by: value).problem == nil)
    }
    #expect(BFloat16Products.chosen(by: "widened").products == .widened)
    let (products, problem) = BFloat16Products.chosen(by: "Native")
    #expect(products == fallback)
    #expect(problem?.hasPrefix("RHEOSCOPE_BFLOAT16 is “Native”, it must be native or widened; ") == true)
  }

  /// Widened products are those of Float32 of rounded factors, rounded once, in all three products of a layer.
  @Test func widenedProductsAreThoseOfFloat32() {
    let x = Tensor(sampleValues(7 * 33), shape: [7, 33]), w = Tensor(sampleValues(5 * 33, seed: 2), shape: [5, 33])
    let b = Tensor(sampleValues(5, seed: 3), shape: [5]), g = Tensor(sampleValues(7 * 5, seed: 4), shape: [7, 5])
    func rounded(_ x: Tensor) -> Tensor { x.cast(to: .bfloat16).cast(to: .float32) }
    let (input, weight, bias) = (x.requiringGradient(), w.requiringGradient(), b.requiringGradient())
    withBFloat16Products(.widened) {
      let y = withPrecision(.bfloat16) { linear(input, weight: weight, bias: bias) }
      #expect(y.precision == .bfloat16)
      #expect(y.values == rounded(linear(rounded(x), weight: rounded(w), bias: b)).values)
      (y * g.cast(to: .bfloat16)).sum().backward()
    }
    #expect(input.gradient!.values == matmul(rounded(g), rounded(w)).values)
    #expect(weight.gradient!.values == matmul(rounded(g), rounded(x), transposeLeft: true).values)
    #expect(bias.gradient!.values == rounded(g).summedOverRows.values)
  }

  @Test func widenedConvolutionsAreThoseOfFloat32() {
    let x = Tensor(sampleValues(2 * 6 * 6 * 3), shape: [2, 6, 6, 3])
    let w = Tensor(sampleValues(4 * 3 * 9, seed: 3), shape: [4, 3, 3, 3])
    func rounded(_ x: Tensor) -> Tensor { x.cast(to: .bfloat16).cast(to: .float32) }
    func gradients(_ y: Tensor, _ of: [Tensor]) -> [[Float]] {
      Autodiff.gradients(of: y.sum(), withRespectTo: of).map(\.values)
    }
    let (input, weight) = (x.requiringGradient(), w.requiringGradient())
    let (roundedInput, roundedWeight) = (rounded(x).requiringGradient(), rounded(w).requiringGradient())
    let exact = convolve(roundedInput, weight: roundedWeight, padding: 1)
    withBFloat16Products(.widened) {
      let y = withPrecision(.bfloat16) { convolve(input, weight: weight, padding: 1) }
      #expect(y.precision == .bfloat16 && y.values == rounded(exact).values)
      let found = gradients(y, [input, weight]), expected = gradients(exact, [roundedInput, roundedWeight])
      #expect(found[0] == rounded(Tensor(expected[0], shape: x.shape)).values)
      #expect(found[1] == expected[1])
    }
  }

  /// The gradients of both ways, of all operations of a net, are close to those of Float32.
  @Test(arguments: BFloat16Products.allCases.filter(\.isAvailable))
  func bothWaysAreCloseToFloat32(_ products: BFloat16Products) {
    withBFloat16Products(products) {
      productsInBfloat16(17, 33, 9)
      for precision in [Precision.bfloat16, .float16] { gradientsAreCloseToThoseOfFloat32(precision) }
      activationsTakeHalfTheMemory()
    }
  }

  /// A bias in Float32 leaves the result in the precision of the scope.
  @Test(arguments: [Precision.bfloat16, .float16]) func convolutionsWithBiasStayInSixteenBits(_ precision: Precision) {
    let x = Tensor(sampleValues(18), shape: [1, 3, 3, 2]), weight = Tensor(sampleValues(8), shape: [2, 2, 1, 2])
    let bias = Tensor([1, 2], shape: [2])
    let outputs = withPrecision(precision) {
      [convolve(x, weight: weight, bias: bias), convolveTransposed(x, weight: weight, bias: bias)]
    }
    #expect(outputs.allSatisfy { $0.precision == precision })
  }
}

extension Tensor {
  fileprivate var summedOverRows: Tensor { sum(axes: [0]) }
}

/// Runs `body` on a thread of its own.
private func onAThread(_ body: @escaping @Sendable () -> Void) {
  let done = DispatchSemaphore(value: 0)
  Thread {
    body()
    done.signal()
  }.start()
  done.wait()
}
