import Autodiff
import TestSupport
import Testing

/// Gradients of a weight that is used in many steps, which are computed together: against the same steps one by one.
@Suite struct RepeatedProductTests {
  private let weight = Tensor(sampleValues(5 * 5, seed: 1).map { 0.3 * $0 }, shape: [5, 5]).requiringGradient()
  private let bias = Tensor(sampleValues(5, seed: 2), shape: [5]).requiringGradient()

  private func loss(steps: Int, rows: Int, isRepeated: Bool, weight: Tensor? = nil) -> Tensor {
    var h = Tensor(sampleValues(rows * 5, seed: 3), shape: [rows, 5])
    for _ in 0..<steps { h = tanh(linear(h, weight: weight ?? self.weight, bias: bias, isRepeated: isRepeated)) }
    return h.squared().sum()
  }

  private func gradients(_ loss: Tensor) -> [[Float]] {
    (weight.gradient, bias.gradient) = (nil, nil)
    loss.backward()
    return [weight.gradient!.values, bias.gradient!.values]
  }

  /// Few rows, whose product waits for the end, and so many that there are several products.
  @Test(arguments: [(1, 1), (7, 3), (40, 64), (3, 1500)])
  func theyAreThoseOfSingleSteps(steps: Int, rows: Int) {
    let found = gradients(loss(steps: steps, rows: rows, isRepeated: true))
    let expected = gradients(loss(steps: steps, rows: rows, isRepeated: false))
    for (found, expected) in zip(found, expected) { #expect(relativeDifference(found, expected) < 1e-5) }
  }

  @Test func partialPassesAndKeptTapesGiveThemToo() {
    let expected = gradients(loss(steps: 6, rows: 4, isRepeated: true))
    for keepsTape in [false, true] {
      let found = Autodiff.gradients(
        of: loss(steps: 6, rows: 4, isRepeated: true), withRespectTo: [weight, bias], keepingTape: keepsTape)
      for (found, expected) in zip(found, expected) { #expect(relativeDifference(found.values, expected) < 1e-6) }
    }
    let alone = Autodiff.gradients(of: loss(steps: 6, rows: 4, isRepeated: true), withRespectTo: [bias])
    #expect(alone[0].values == expected[1])
  }

  /// A weight that is computed from another passes its gradient on.
  @Test func aComputedWeightHasThemInTime() {
    let expected = gradients(loss(steps: 6, rows: 4, isRepeated: false, weight: 2 * weight))
    let found = gradients(loss(steps: 6, rows: 4, isRepeated: true, weight: 2 * weight))
    for (found, expected) in zip(found, expected) { #expect(relativeDifference(found, expected) < 1e-5) }
  }

  /// A hook sees the whole gradient once, also where a part was added before the last step.
  @Test(arguments: [(6, 4), (40, 64)]) func hooksSeeTheWholeGradient(steps: Int, rows: Int) {
    let plain = gradients(loss(steps: steps, rows: rows, isRepeated: true))
    var seen: [[Float]] = []
    let handles = [weight, bias].map { leaf in
      leaf.onGradient { gradient in
        seen.append(gradient.values)
        return nil
      }
    }
    let hooked = gradients(loss(steps: steps, rows: rows, isRepeated: true))
    for handle in handles { handle.remove() }
    #expect(hooked == plain && Set(seen) == Set(plain) && seen.count == 2)
  }

  /// Sums are in Float32 also where factors of 16 bits are multiplied as they are stored.
  @Test(arguments: BFloat16Products.allCases.filter(\.isAvailable))
  func sumsOfSixteenBitsAreInFloat32(_ products: BFloat16Products) {
    let found = withBFloat16Products(products) {
      [true, false].map { isRepeated in
        gradients(withPrecision(.bfloat16) { loss(steps: 5, rows: 7, isRepeated: isRepeated) })
      }
    }
    #expect(weight.gradient!.precision == .float32)
    for (joined, single) in zip(found[0], found[1]) { #expect(relativeDifference(joined, single) < 1e-5) }
  }

  /// A hook that observes changes no bit, also where the weight is used outside of the steps too.
  @Test(arguments: [true, false]) func aHookChangesNoBit(isAtBias: Bool) {
    func found() -> [[Float]] {
      gradients(weight.squared().sum() + loss(steps: 3, rows: 600, isRepeated: true))
    }
    let plain = found(), handle = (isAtBias ? bias : weight).onGradient { _ in nil }
    let hooked = found()
    handle.remove()
    #expect(hooked == plain)
  }

  /// Steps in a checkpoint are computed again in the same pass.
  @Test func checkpointsChangeNothing() {
    let x = Tensor(sampleValues(20, seed: 4), shape: [4, 5])
    func loss(_ isCheckpointed: Bool) -> Tensor {
      func steps() -> Tensor {
        var h = x
        for _ in 0..<3 { h = tanh(linear(h, weight: weight, bias: bias, isRepeated: true)) }
        return h
      }
      return (isCheckpointed ? checkpointed { steps() } : steps()).squared().sum()
    }
    let plain = gradients(loss(false)), found = gradients(loss(true))
    #expect(found == plain)
  }
}
