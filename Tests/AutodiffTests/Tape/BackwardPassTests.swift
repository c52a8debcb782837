import Autodiff
import Testing

/// Backward passes inside of others, and gradients that are written in place where nobody else can see them.
@Suite struct BackwardPassTests {
  @Test func aPassInsideAHookLeavesTheOuterAlone() {
    let w = Tensor(2).requiringGradient(), other = 5 * w
    var seen: Float = -1
    let point = 3 * w
    point.addGradientHook { _ in
      seen = gradients(of: other, withRespectTo: [w])[0].value
      return nil
    }
    // The product delivers to w before the hook runs.
    (w * point).backward()
    #expect(seen == 5)
    #expect(w.gradient?.value == 12)
  }

  @Test func aPassInsideAHookMayAccumulate() {
    let w = Tensor(2).requiringGradient(), other = 5 * w, point = 3 * w
    point.addGradientHook { _ in
      other.backward()
      return nil
    }
    (w * point).backward()
    #expect(w.gradient?.value == 17)
  }

  /// A gradient that something else refers to is not overwritten by ReLU's backward pass.
  @Test func gradientsThatOthersSeeStay() {
    let x = Tensor([-1, 2, -3, 4], shape: [4]).requiringGradient()
    var held: Tensor?
    let hidden = relu(x)
    hidden.addGradientHook {
      held = $0
      return nil
    }
    (hidden * Tensor([1, 2, 3, 4], shape: [4])).sum().backward()
    #expect(held?.values == [1, 2, 3, 4])
    #expect(x.gradient?.values == [0, 2, 0, 4])

    let again = relu(x)
    let found = gradients(of: (again * Tensor([1, 2, 3, 4], shape: [4])).sum(), withRespectTo: [again, x])
    #expect(found.map(\.values) == [[1, 2, 3, 4], [0, 2, 0, 4]])
  }

  /// A sum hands the same gradient to both of its terms, and a reshaped one shares its memory.
  @Test func gradientsThatAreSharedStay() {
    let a = Tensor([1, 1, 1, 1], shape: [4]).requiringGradient()
    let b = Tensor([-1, 2, -3, 4], shape: [4]).requiringGradient()
    ((a + relu(b)) * Tensor([1, 2, 3, 4], shape: [4])).sum().backward()
    #expect(a.gradient?.values == [1, 2, 3, 4])
    #expect(b.gradient?.values == [0, 2, 0, 4])

    let c = Tensor([-1, 2, -3, 4], shape: [4]).requiringGradient(), rows = relu(c)
    ((rows.reshaped(2, 2) * Tensor([1, 2, 3, 4], shape: [2, 2])).sum() + rows.sum()).backward()
    #expect(c.gradient?.values == [0, 3, 0, 5])
  }

  /// What is rounded was said when the pass forward was computed.
  @Test func aPassInsideAScopeOfPrecisionRoundsNothing() {
    let weight = Tensor([1.001], shape: [1, 1]).requiringGradient(), x = Tensor([1.003], shape: [1, 1])
    let output = linear(x, weight: weight)
    withPrecision(.bfloat16) { output.sum().backward() }
    #expect(weight.gradient?.values == [1.003])
  }

  @Test func aGradientThatIsSetIsOffTheTape() {
    let x = Tensor([1, 2], shape: [2]).requiringGradient()
    x.sum().backward()
    x.gradient = x.gradient! + 0.5 * x
    #expect(x.gradient?.isOnTape == false)
    #expect(x.gradient?.values == [1.5, 2])
  }

  /// y² leaves the range of numbers long before x / y does.
  @Test(arguments: [(1e20, 1e20), (1e-25, 1e-25), (3, 1e20)] as [(Float, Float)])
  func quotientsOfLargeAndSmallNumbersHaveGradients(_ x: Float, _ y: Float) {
    let y = Tensor(y).requiringGradient()
    (Tensor(x) / y).backward()
    let right = -Double(x) / Double(y.value) / Double(y.value)
    #expect(abs(Double(y.gradient!.value) - right) <= 1e-6 * abs(right))
  }

  @Test func quotientsInFloat16HaveGradients() {
    let y = Tensor([300], shape: [1]).cast(to: .float16).detached().requiringGradient()
    (Tensor([3], shape: [1]).cast(to: .float16) / y).sum().backward()
    #expect(abs(y.gradient!.values[0] + 3 / 90_000) < 1e-6)
  }

  /// Sums whose Float32 would stop growing, or lose digits.
  @Test func longSumsKeepTheirDigits() {
    let ones = Tensor(repeating: 1, shape: [4096, 2, 8192])
    #expect(ones.sum(axes: [0, 2]).values == [33_554_432, 33_554_432])
    let tenths = Tensor(repeating: 0.1, shape: [131_072, 3])
    for value in tenths.sum(axes: [0]).values { #expect(abs(value - 13_107.2) < 2e-6 * 13_107.2) }
    let between = Tensor(repeating: 0.1, shape: [300, 3, 400, 2])
    for value in between.sum(axes: [0, 2]).values { #expect(abs(value - 12_000) < 2e-6 * 12_000) }
  }

  /// Weights are rounded as images are, whatever the window.
  @Test func convolutionsRoundTheirWeights() {
    let images = Tensor(repeating: 1, shape: [1, 3, 3, 1]).requiringGradient()
    for window in [1, 3] {
      let weight = Tensor(repeating: 1e-8, shape: [1, 1, window, window])
      let output = withPrecision(.float16) { convolve(images, weight: weight) }
      #expect(output.values.allSatisfy { $0 == 0 })
      output.sum().backward()
      #expect(images.gradient!.values.allSatisfy { $0 == 0 })
    }
  }

  /// The body may use as many other tensors of 16 bits as it likes.
  @Test func elementsStayWhileTheyAreLookedAt() {
    let ones = Tensor(repeating: 1, shape: [64]).cast(to: .float16)
    let twos = Tensor(repeating: 2, shape: [64]).cast(to: .float16)
    ones.withValues { values in
      for _ in 0..<20 { _ = (twos + twos).values }
      #expect(values.allSatisfy { $0 == 1 })
    }
  }
}
