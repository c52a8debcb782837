import Autodiff
import Foundation
import TestSupport

private let awayFromOne: @Sendable (Float) -> Float = { abs(abs(2 * $0) - 1) < 0.1 ? $0 / 2 : 2 * $0 }
/// Away from whole numbers, and from the middle between two.
private let awayFromSteps: @Sendable (Float) -> Float = { (3 * $0).rounded(.down) + 0.1 + abs($0) * 0.3 }

private func mask(_ shape: Shape) -> Tensor {
  Tensor((0..<shape.elementCount).map { $0 % 3 == 1 ? 0 : Float($0 + 1) }, shape: shape)
}

private func selection(_ condition: [Int], _ x: [Int], _ y: [Int]) -> OperationCase {
  OperationCase(
    description: "where \(condition) \(x) \(y)", shapes: [x, y],
    operation: { Tensor.where(mask(Shape(condition)), $0[0], $0[1]) },
    reference: { inputs in
      let isChosen = Float64Array(condition, mask(Shape(condition)).values.map { Double($0) })
      let sizes = Float64Array.broadcast(isChosen, Float64Array.broadcast(inputs[0], inputs[1]) { $0 + $1 }) { $0 + $1 }
      return Float64Array(sizes.shape) { isChosen[$0] != 0 ? inputs[0][$0] : inputs[1][$0] }
    })
}

/// A list per kind, since Swift 6.2 does not find the types of a sum of them all.
private let lists: [[OperationCase]] = [
  unary("sin", { 4 * $0 }, sin, { Foundation.sin($0) }),
  unary("cos", { 4 * $0 }, cos, { Foundation.cos($0) }),
  unary("erf", { 2 * $0 }, erf, { Foundation.erf($0) }),
  unary("sign", awayFromZero, { $0.sign() }, { $0.isNaN ? $0 : $0 < 0 ? -1 : 1 }),
  unary("floor", awayFromSteps, floor, { $0.rounded(.down) }),
  unary("ceil", awayFromSteps, ceil, { $0.rounded(.up) }),
  unary("round", awayFromSteps, round, { $0.rounded(.toNearestOrEven) }),
  unary("clamped from below", awayFromOne, { $0.clamped(to: (-1)...) }, { $0 < -1 ? -1 : $0 }),
  unary("clamped from above", awayFromOne, { $0.clamped(to: ...1) }, { $0 > 1 ? 1 : $0 }),
  unary("pow 1.5", positive, { pow($0, 1.5) }, { Foundation.pow($0, 1.5) }),
  unary("pow 3", { $0 }, { pow($0, 3) }, { Foundation.pow($0, 3) }),
  unary("pow 1", { $0 }, { pow($0, 1) }, { $0 }),
  unary("pow 0", { $0 }, { pow($0, 0) }, { _ in 1 }),
  unary("pow −2", { $0 < 0 ? $0 - 0.5 : $0 + 0.5 }, { pow($0, -2) }, { 1 / ($0 * $0) }),
  binary("maximum", maximum, { $0 > $1 || $0.isNaN ? $0 : $1 }),
  binary("minimum", minimum, { $0 < $1 || $0.isNaN ? $0 : $1 }),
  binary("pow", { pow($0, $1) }, { Foundation.pow($0, $1) }, domain: positive),
  [
    selection([3, 4], [3, 4], [3, 4]), selection([], [5], [5]), selection([3, 1], [4], [3, 4]),
    selection([2, 3, 4], [3, 1], []), selection([4], [2, 1, 4], [3, 1]),
  ],
]

/// Functions of one and two numbers, element by element.
let elementwiseCases: [OperationCase] = lists.flatMap(\.self)
