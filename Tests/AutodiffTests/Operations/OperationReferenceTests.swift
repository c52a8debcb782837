import Autodiff
import Foundation
import TestSupport
import Testing

/// Operations, their gradients and those of gradients against PyTorch 2.13 (`Reference/make_operations.py`), also where elements are equal.
@Suite struct OperationReferenceTests {
  struct Recorded: Decodable, Sendable {
    let inputs: [String: [Values]]
    let mask: Values
    let cases: [Case]
  }

  struct Values: Decodable, Sendable {
    let shape: [Int]
    let values: [Float]
    var tensor: Tensor { Tensor(values, shape: Shape(shape)) }
  }

  struct Case: Decodable, Sendable, CustomStringConvertible {
    let name, inputs: String
    let output: Values
    let upstream: [Float]
    let directions: [[Float]]
    let gradients, second: [[Double]]
    var description: String { name }
  }

  static let recorded = try! reference("AutodiffTests/Reference/operations.json", as: Recorded.self)

  typealias Operation = @Sendable ([Tensor]) -> Tensor
  private static let elementwise: [String: Operation] = [
    "sin": { sin($0[0]) }, "cos": { cos($0[0]) }, "erf": { erf($0[0]) }, "sign": { $0[0].sign() },
    "floor": { floor($0[0]) }, "ceil": { ceil($0[0]) }, "round": { round($0[0]) },
    "clamped from 0": { $0[0].clamped(to: 0...) }, "clamped to 2": { $0[0].clamped(to: ...2) },
    "pow 2.5": { pow($0[0], 2.5) }, "pow 3": { pow($0[0], 3) }, "pow 0": { pow($0[0], 0) },
    "pow -1": { pow($0[0], -1) }, "pow": { pow($0[0], $0[1]) }, "maximum": { maximum($0[0], $0[1]) },
    "minimum": { minimum($0[0], $0[1]) }, "maximum of equals": { maximum($0[0], $0[1]) },
    "minimum of equals": { minimum($0[0], $0[1]) }, "where": { Tensor.where(recorded.mask.tensor, $0[0], $0[1]) },
  ]
  private static let reductions: [String: Operation] = [
    "max over 0 and 2": { $0[0].max(axes: [0, 2]) }, "min over all": { $0[0].min() },
    "max of equals": { $0[0].max(axes: [1], keepingDimensions: true) }, "min of equals": { $0[0].min(axes: [0]) },
    "max with indices": { $0[0].max(axis: 1).values },
    "min with indices": { $0[0].min(axis: 1, keepingDimensions: true).values },
    "argmax": { Tensor($0[0].argmax(axis: 1)) + 0 * $0[0].sum(axes: [1]) },
    "argmin": { Tensor($0[0].argmin(axis: 0)) + 0 * $0[0].sum(axes: [0]) },
    "product over 1": { $0[0].product(axes: [1]) }, "product with zeros": { $0[0].product(axes: [1]) },
    "cumulativeSum": { $0[0].cumulativeSum(axis: 1) }, "logSumExp": { $0[0].logSumExp(axes: [0, 1]) },
    "norm": { $0[0].norm(axes: [0, 2]) }, "norm 1": { $0[0].norm(1, axes: [1]) }, "norm 3": { $0[0].norm(3) },
    "norm inf": { $0[0].norm(.infinity, axes: [1]) }, "softmax along 1": { softmax($0[0], axis: 1) },
    "logSoftmax along 0": { logSoftmax($0[0], axis: 0) },
    "masked softmax": { softmax($0[0], mask: recorded.mask.tensor) }, "take": { $0[0].take(axis: 1, [2, 0, 2]) },
    "gather": { $0[0].gather(axis: 1, Indices([2, 0, 1, 1, 1, 1], shape: [1, 2, 3])) },
    "scatterAdd": { $0[0].scatterAdd(axis: 1, Indices([4, 4, 0, 1, 4], shape: [1, 5]), $0[1].reshaped([1, 5])) },
  ]
  private static let indexing: [String: Operation] = [
    "sorted": { $0[0].sorted(axis: 1).values }, "argsort": { Tensor($0[0].argsort(descending: true)) + 0 * $0[0] },
    "topK": { $0[0].topK(2).values }, "topK of the smallest": { $0[0].topK(2, axis: 1, largest: false).values },
    "stacked": { x in
      stacked([x[0].sliced(0, 0..<1).reshaped(6), x[1], x[0].sliced(0, 1..<2).reshaped(6)], axis: 1)
    }, "split": { $0[0].split(axis: 2, sizes: [1, 3])[1] }, "flipped": { $0[0].flipped(axes: [0, 2]) },
    "rolled": { $0[0].rolled(by: -3, axis: 2) }, "lowerTriangle": { $0[0].lowerTriangle(diagonal: 1) },
    "upperTriangle": { $0[0].upperTriangle(diagonal: 1) }, "einsum": { einsum("bij,bjk->kbi", $0[0], $0[1]) },
    "einsum to a scalar": { einsum("bij,cjk->", $0[0], $0[1]) },
  ]
  private static let operations = elementwise.merging(reductions) { first, _ in first }.merging(indexing) { first, _ in
    first
  }

  @Test(arguments: recorded.cases) func agreesWithPyTorch(_ expected: Case) throws {
    let operation = try #require(Self.operations[expected.name])
    let inputs = try #require(Self.recorded.inputs[expected.inputs]).map { $0.tensor.requiringGradient() }
    let output = operation(inputs), upstream = Tensor(expected.upstream, shape: output.shape)
    #expect(Array(output.shape) == expected.output.shape)
    #expect(relativeDifference(output.values, expected.output.values) < 1e-5)
    let loss = (output * upstream).sum()
    let cubes = (square(output) * output * upstream).sum()

    let found = gradients(of: loss, withRespectTo: inputs, keepingTape: true)
    let first = gradients(of: cubes, withRespectTo: inputs, keepingTape: true)
    let slope = zip(first, expected.directions).map { ($0 * Tensor($1, shape: $0.shape)).sum() }
      .reduce(Tensor(0)) { $0 + $1 }
    let second = gradients(of: slope, withRespectTo: inputs)
    for index in inputs.indices {
      #expect(relativeDifference(found[index].values, expected.gradients[index]) < 1e-5, "input \(index)")
      #expect(relativeDifference(second[index].values, expected.second[index]) < 1e-5, "input \(index)")
    }
  }
}
