import Autodiff
import Foundation
import TestSupport

/// The steps of recurrent cells, unit by unit.
let recurrentStepCases: [OperationCase] = [(1, 1), (3, 5), (2, 17)].flatMap { rows, units in
  [
    step("lstmMemory", rows, units, [4, 1], { lstmMemory($0[0], $0[1]) }) { x in
      let gates = x[0]
      return sigmoid(gates[1]) * x[1][0] + sigmoid(gates[0]) * Foundation.tanh(gates[2])
    },
    step("lstmState", rows, units, [4, 1], { lstmState($0[0], $0[1]) }) { x in
      sigmoid(x[0][3]) * Foundation.tanh(x[1][0])
    },
    step("gruState", rows, units, [3, 3, 1], { gruState($0[0], $0[1], $0[2]) }) { x in
      let reset = sigmoid(x[0][0] + x[1][0]), keep = sigmoid(x[0][1] + x[1][1])
      return (1 - keep) * Foundation.tanh(x[0][2] + reset * x[1][2]) + keep * x[2][0]
    },
    OperationCase(
      description: "lstmMemory and lstmState \(rows)×\(units)", shapes: [[rows, 4 * units], [rows, units]],
      operation: { lstmState($0[0], lstmMemory($0[0], $0[1])) },
      reference: { x in
        Float64Array([rows, units]) { i in
          let gates = (0..<4).map { x[0][[i[0], $0 * units + i[1]]] }
          let c = sigmoid(gates[1]) * x[1][i] + sigmoid(gates[0]) * Foundation.tanh(gates[2])
          return sigmoid(gates[3]) * Foundation.tanh(c)
        }
      }),
  ]
}

private func sigmoid(_ x: Double) -> Double { ActivationFormulas.sigmoid(x) }

/// `formula` is given the parts of each input that belong to one unit of one row.
private func step(
  _ name: String, _ rows: Int, _ units: Int, _ parts: [Int], _ operation: @escaping @Sendable ([Tensor]) -> Tensor,
  _ formula: @escaping @Sendable ([[Double]]) -> Double
) -> OperationCase {
  OperationCase(
    description: "\(name) \(rows)×\(units)", shapes: parts.map { [rows, $0 * units] }, operation: operation,
    reference: { x in
      Float64Array([rows, units]) { i in
        formula(zip(x, parts).map { x, count in (0..<count).map { x[[i[0], $0 * units + i[1]]] } })
      }
    })
}
