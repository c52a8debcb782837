import Autodiff
import Foundation
import TestSupport
import Testing

/// One operation: what it takes, how the code under test computes it, and what it is in Float64.
struct OperationCase: Sendable, CustomStringConvertible {
  let description: String
  let shapes: [[Int]]
  /// Where inputs must lie: logarithms above 0, rectifiers away from their kink.
  var domain: @Sendable (Float) -> Float = { $0 }
  /// Whether the gradient of an output goes to some of the elements alone, such as the largest.
  var choosesElements = false
  let operation: @Sendable ([Tensor]) -> Tensor
  let reference: @Sendable ([Float64Array]) -> Float64Array
}

extension OperationCase {
  /// Numbers for each input, always the same.
  var inputs: [[Float]] {
    shapes.enumerated().map { index, shape in
      sampleValues(shape.reduce(1, *), seed: UInt64(index + 3)).map(domain)
    }
  }
}

/// What outputs are multiplied by before they are added up.
func weights(_ count: Int) -> [Float] { (0..<count).map { 0.3 + Float($0 % 7) * 0.37 - Float($0 % 3) } }

let positive: @Sendable (Float) -> Float = { abs($0) + 0.3 }
let awayFromZero: @Sendable (Float) -> Float = { $0 + ($0 < 0 ? -0.1 : 0.1) }

func unary(
  _ name: String, _ domain: @escaping @Sendable (Float) -> Float = { $0 },
  _ operation: @escaping @Sendable (Tensor) -> Tensor,
  _ reference: @escaping @Sendable (Double) -> Double
) -> [OperationCase] {
  [[], [1], [7], [3, 17], [2, 3, 5]].map { shape in
    OperationCase(
      description: "\(name) \(shape)", shapes: [shape], domain: domain, operation: { operation($0[0]) },
      reference: { $0[0].map(reference) })
  }
}

func binary(
  _ name: String, _ operation: @escaping @Sendable (Tensor, Tensor) -> Tensor,
  _ reference: @escaping @Sendable (Double, Double) -> Double,
  domain: @escaping @Sendable (Float) -> Float = awayFromZero
) -> [OperationCase] {
  let pairs: [([Int], [Int])] = [
    ([], []), ([5], [5]), ([3, 17], [3, 17]), ([3, 4], []), ([], [3, 4]), ([3, 4], [4]), ([4], [3, 4]),
    ([3, 4], [3, 1]),
    ([3, 1], [1, 4]), ([2, 3, 4], [3, 1]), ([2, 1, 4], [3, 1]), ([1], [2, 2]), ([2, 1, 3, 1], [1, 4, 1, 5]),
  ]
  return pairs.map { left, right in
    OperationCase(
      description: "\(name) \(left) \(right)", shapes: [left, right], domain: domain,
      operation: { operation($0[0], $0[1]) }, reference: { Float64Array.broadcast($0[0], $0[1], reference) })
  }
}

private func product(_ n: Int, _ k: Int, _ m: Int, _ transposeLeft: Bool, _ transposeRight: Bool) -> OperationCase {
  OperationCase(
    description: "matmul \(n)×\(k)×\(m) \(transposeLeft) \(transposeRight)",
    shapes: [transposeLeft ? [k, n] : [n, k], transposeRight ? [m, k] : [k, m]],
    operation: { matmul($0[0], $0[1], transposeLeft: transposeLeft, transposeRight: transposeRight) },
    reference: {
      Float64Array.product(
        transposeLeft ? $0[0].transposed([1, 0]) : $0[0], transposeRight ? $0[1].transposed([1, 0]) : $0[1])
    })
}

private func reduction(_ shape: [Int], _ axes: [Int], keeping: Bool) -> [OperationCase] {
  let count = Double(axes.reduce(1) { $0 * shape[$1] })
  return [
    OperationCase(
      description: "sum \(shape) over \(axes) \(keeping)", shapes: [shape],
      operation: { $0[0].sum(axes: axes, keepingDimensions: keeping) }, reference: { $0[0].sum(axes, keeping: keeping) }
    ),
    OperationCase(
      description: "mean \(shape) over \(axes) \(keeping)", shapes: [shape],
      operation: { $0[0].mean(axes: axes, keepingDimensions: keeping) },
      reference: { $0[0].sum(axes, keeping: keeping).map { $0 / count } }),
  ]
}

private func crossEntropyCase(_ rows: Int, _ classes: Int) -> OperationCase {
  let labels = (0..<rows).map { ($0 * 7 + 1) % classes }
  return OperationCase(
    description: "crossEntropy \(rows)×\(classes)", shapes: [[rows, classes]],
    operation: { crossEntropy($0[0], labels) },
    reference: { x in
      let losses = (0..<rows).map { r in
        Foundation.log((0..<classes).reduce(0) { $0 + Foundation.exp(x[0][[r, $1]]) }) - x[0][[r, labels[r]]]
      }
      return Float64Array([], [losses.reduce(0, +) / Double(rows)])
    })
}

// A list per kind, since Swift 6.2 does not find the types of a sum of them all.

private let functionCases: [[OperationCase]] = [
  unary("relu", awayFromZero, relu, { max($0, 0) }),
  unary("sigmoid", { 4 * $0 }, sigmoid, ActivationFormulas.sigmoid),
  unary("tanh", { 2 * $0 }, tanh, { Foundation.tanh($0) }),
  unary("exp", { 3 * $0 }, exp, { Foundation.exp($0) }),
  unary("log", positive, log, { Foundation.log($0) }),
  unary("square", { $0 }, square, { $0 * $0 }),
  unary("squareRoot", positive, { $0.squareRoot() }, { $0.squareRoot() }),
]

private let numberCases = unary(
  "number arithmetic", awayFromZero,
  { x in
    let quotient = 1 / x, difference = 2 - x
    return (3 * x - 2) / 4 + quotient + difference
  },
  { x in
    let quotient = 1 / x, difference = 2 - x
    return (3 * x - 2) / 4 + quotient + difference
  })

private let arithmeticCases: [[OperationCase]] = [
  unary("negate", { $0 }, { -$0 }, { -$0 }),
  binary("+", { $0 + $1 }, { $0 + $1 }), binary("-", { $0 - $1 }, { $0 - $1 }),
  binary("*", { $0 * $1 }, { $0 * $1 }), binary("/", { $0 / $1 }, { $0 / $1 }),
]

private let productCases: [[OperationCase]] = [(false, false), (false, true), (true, false), (true, true)].map {
  [product(3, 4, 5, $0, $1), product(1, 1, 1, $0, $1), product(17, 1, 33, $0, $1)]
}

private let linearCases = [
  OperationCase(
    description: "linear with bias", shapes: [[5, 7], [3, 7], [3]],
    operation: { linear($0[0], weight: $0[1], bias: $0[2]) },
    reference: { $0[0].linear($0[1], $0[2]) }),
  OperationCase(
    description: "linear on three dimensions", shapes: [[2, 3, 4], [6, 4]],
    operation: { linear($0[0], weight: $0[1]) },
    reference: { $0[0].linear($0[1]) }),
]

private let reductionCases: [[OperationCase]] = [
  reduction([7], [0], keeping: false), reduction([3, 17], [0], keeping: false),
  reduction([3, 17], [1], keeping: true),
  reduction([5, 4], [0, 1], keeping: false), reduction([2, 3, 4], [1], keeping: false),
  reduction([2, 3, 4], [0, 2], keeping: true), reduction([2, 3, 4, 2], [0, 3], keeping: false),
]

private let otherCases = [
  OperationCase(
    description: "sum", shapes: [[3, 17]], operation: { $0[0].sum() },
    reference: { Float64Array([], [$0[0].values.reduce(0, +)]) }),
  OperationCase(
    description: "mean", shapes: [[3, 17]], operation: { $0[0].mean() },
    reference: { Float64Array([], [$0[0].values.reduce(0, +) / 51]) }),
  OperationCase(
    description: "reshape", shapes: [[3, 4]], operation: { $0[0].reshaped(2, -1) },
    reference: { Float64Array([2, 6], $0[0].values) }),
  OperationCase(
    description: "transpose", shapes: [[3, 4]], operation: { $0[0].transposed() },
    reference: { $0[0].transposed([1, 0]) }),
  OperationCase(
    description: "transpose of three", shapes: [[2, 3, 4]], operation: { $0[0].transposed(2, 0, 1) },
    reference: { $0[0].transposed([2, 0, 1]) }),
  OperationCase(
    description: "broadcast", shapes: [[3, 1]], operation: { $0[0].broadcast(to: [2, 3, 4]) },
    reference: { x in Float64Array([2, 3, 4]) { x[0][$0] } }),
  OperationCase(
    description: "softmax", shapes: [[3, 5]], operation: { softmax($0[0]) },
    reference: { $0[0].logShares.map { Foundation.exp($0) } }),
  OperationCase(
    description: "meanSquaredError", shapes: [[3, 5], [3, 5]], operation: { meanSquaredError($0[0], $0[1]) },
    reference: {
      let squares = zip($0[0].values, $0[1].values).map { ($0 - $1) * ($0 - $1) }
      return Float64Array([], [squares.reduce(0, +) / 15])
    }),
  crossEntropyCase(1, 2), crossEntropyCase(1, 10), crossEntropyCase(17, 3),
]

let operationCases: [OperationCase] = [
  functionCases, [numberCases], arithmeticCases, productCases, [linearCases], reductionCases, [otherCases],
].flatMap(\.self).flatMap(\.self)

let allCases =
  operationCases + elementwiseCases + axisCases + indexingCases + imageCases + normalizationCases
  + recurrentStepCases
  + activationAndLossCases

/// Gradients against central differences in Float64, through a projection that no symmetry of an operation can hide from.
@Suite struct GradientCheckTests {

  /// Σ weights · output, in Float64.
  private func projection(_ operation: OperationCase, _ inputs: [[Double]]) -> Double {
    let output = operation.reference(zip(operation.shapes, inputs).map { Float64Array($0, $1) })
    return zip(output.values, weights(output.values.count)).reduce(0) { $0 + $1.0 * Double($1.1) }
  }

  @Test(arguments: allCases) func valueAndGradient(_ operation: OperationCase) {
    let values = operation.inputs
    let tensors = zip(values, operation.shapes).map { Tensor($0, shape: Shape($1)).requiringGradient() }
    let output = operation.operation(tensors)
    let expected = operation.reference(zip(operation.shapes, values).map { Float64Array($0, $1.map(Double.init)) })
    #expect(Array(output.shape) == expected.shape)
    #expect(relativeDifference(output.values, expected.values) < 1e-6)

    (output * Tensor(weights(output.elementCount), shape: output.shape)).sum().backward()
    for (which, tensor) in tensors.enumerated() {
      var point = values.map { $0.map(Double.init) }
      let differences = point[which].indices.map { i in
        let centre = point[which][i], step = 1e-5
        point[which][i] = centre + step
        let above = projection(operation, point)
        point[which][i] = centre - step
        let below = projection(operation, point)
        point[which][i] = centre
        return (above - below) / (2 * step)
      }
      #expect(tensor.gradient?.shape == tensor.shape)
      #expect(relativeDifference(tensor.gradient?.values ?? [], differences) < 1e-5, "input \(which)")
    }
  }

  /// The Hessian's product with a direction, by the tape twice, against mixed differences in Float64.
  @Test(arguments: allCases) func gradientOfGradient(_ operation: OperationCase) {
    let values = operation.inputs
    let directions = operation.shapes.enumerated().map { sampleValues($1.reduce(1, *), seed: UInt64($0 + 90)) }
    let tensors = zip(values, operation.shapes).map { Tensor($0, shape: Shape($1)).requiringGradient() }
    let output = operation.operation(tensors)
    // Cubed, so that linear operations and roots have second derivatives too.
    let cubes = (square(output) * output * Tensor(weights(output.elementCount), shape: output.shape)).sum()
    let first = gradients(of: cubes, withRespectTo: tensors, keepingTape: true)
    let slope = zip(first, directions).map { ($0 * Tensor($1, shape: $0.shape)).sum() }.reduce(Tensor(0)) { $0 + $1 }
    let second = gradients(of: slope, withRespectTo: tensors)

    func loss(_ point: [[Double]]) -> Double {
      let output = operation.reference(zip(operation.shapes, point).map { Float64Array($0, $1) })
      return zip(output.values, weights(output.values.count)).reduce(0) { $0 + $1.0 * $1.0 * $1.0 * Double($1.1) }
    }
    let step = 1e-4
    for (which, found) in second.enumerated() {
      let expected = values[which].indices.map { i in
        func at(_ alongInput: Double, _ alongDirection: Double) -> Double {
          var point = zip(values, directions).map {
            zip($0, $1).map { Double($0) + alongDirection * step * Double($1) }
          }
          point[which][i] += alongInput * step
          return loss(point)
        }
        return (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * step * step)
      }
      #expect(relativeDifference(found.values, expected) < 1e-5, "input \(which)")
    }
  }
}
