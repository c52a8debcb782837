import Autodiff
import TestSupport
import Testing

/// NaN in, NaN out, for every operation of the gradient checks, whole and half-sized: where the formula in Float64 has a NaN, and
/// nowhere else. Convolutions may show more of them: in bfloat16, and on some processors in Float32 too, neighbours and padding are
/// multiplied by zero, and 0 · NaN is NaN.
@Suite struct NaNTests {
  @Test(arguments: allCases, [Precision.float32, .bfloat16, .float16]) func outputsShowIt(
    _ operation: OperationCase, _ precision: Precision
  ) {
    for input in operation.shapes.indices {
      let count = operation.inputs[input].count
      for place in Set([0, count / 2, count - 1]) {
        var values = operation.inputs
        values[input][place] = .nan
        let tensors = zip(values, operation.shapes).map { Tensor($0, shape: Shape($1)).cast(to: precision) }
        let found = withPrecision(precision) { operation.operation(tensors) }.values
        let expected = operation.reference(zip(operation.shapes, values).map { Float64Array($0, $1.map(Double.init)) })
        let maySpread = operation.description.hasPrefix("convolve")
        #expect(
          zip(found, expected.values).allSatisfy { $0.isNaN == $1.isNaN || maySpread && $0.isNaN },
          "input \(input), element \(place)")
      }
    }
  }

  /// A gradient that is NaN arrives wherever one that is not would not be 0.
  @Test(arguments: allCases, [Precision.float32, .bfloat16, .float16]) func gradientsShowIt(
    _ operation: OperationCase, _ precision: Precision
  ) {
    func gradients(_ factor: Float) -> [[Float]] {
      let tensors = zip(operation.inputs, operation.shapes).map {
        Tensor($0, shape: Shape($1)).cast(to: precision).requiringGradient()
      }
      let output = withPrecision(precision) { operation.operation(tensors) }
      let upstream = weights(output.elementCount).map { $0 * factor }
      (output * Tensor(upstream, shape: output.shape)).sum().backward()
      return tensors.map { $0.gradient!.values }
    }
    for (sound, broken) in zip(gradients(1), gradients(.nan)) {
      #expect(zip(sound, broken).allSatisfy { $0.0 == 0 || $0.1.isNaN })
    }
  }

  /// Every gradient of Σ weights · output² is NaN that depends on an input that is NaN, which is to say that changes with it.
  /// But the gradient of a largest element goes to the NaN alone, as in PyTorch.
  @Test(arguments: allCases) func gradientsShowThatOfAnInput(_ operation: OperationCase) {
    func gradients(_ inputs: [[Float]]) -> [[Float]] {
      let tensors = zip(inputs, operation.shapes).map { Tensor($0, shape: Shape($1)).requiringGradient() }
      let output = operation.operation(tensors)
      (square(output) * Tensor(weights(output.elementCount), shape: output.shape)).sum().backward()
      return tensors.map { $0.gradient!.values }
    }
    let sound = gradients(operation.inputs)
    for input in operation.shapes.indices {
      let count = operation.inputs[input].count
      for place in Set([0, count / 2, count - 1]) {
        func changed(_ change: (Float) -> Float) -> [[Float]] {
          var values = operation.inputs
          values[input][place] = change(values[input][place])
          return gradients(values)
        }
        let broken = changed { _ in .nan }, moved = changed { 1.5 * operation.domain(-$0) }
        for other in sound.indices {
          for index in sound[other].indices where sound[other][index] != moved[other][index] {
            // A NaN is none of the smallest.
            let isLeftOut = index != place || operation.description.hasPrefix("topK of the smallest")
            let goesElsewhere =
              (operation.choosesElements || operation.description.hasPrefix("maxPool")) && isLeftOut
            #expect(broken[other][index].isNaN || goesElsewhere, "input \(input), element \(place): \(other), \(index)")
          }
        }
      }
    }
  }
}
