import Autodiff
import Foundation
import TestSupport

private let tokens = Indices([4, 0, 2, 2, 1, 4], shape: [2, 3])

/// y[i, j] = x[i, places[i, j]] along dimension 1, or x[places[i, j], j] along 0, by definition.
private func gathered(_ x: Float64Array, _ axis: Int, _ indices: Indices) -> Float64Array {
  let places = Float64Array(Array(indices.shape), indices.values.map(Double.init))
  return Float64Array(places.shape) { index in
    var source = index
    source[axis] = Int(places[index])
    return x[source]
  }
}

private func gathering(_ shape: [Int], _ axis: Int, _ indices: Indices) -> OperationCase {
  OperationCase(
    description: "gather \(shape) along \(axis) at \(indices.shape)", shapes: [shape],
    operation: { $0[0].gather(axis: axis, indices) }, reference: { gathered($0[0], axis, indices) })
}

private func scattering(_ shape: [Int], _ axis: Int, _ indices: Indices) -> OperationCase {
  OperationCase(
    description: "scatterAdd \(shape) along \(axis) at \(indices.shape)", shapes: [shape, Array(indices.shape)],
    operation: { $0[0].scatterAdd(axis: axis, indices, $0[1]) },
    reference: { inputs in
      var sums = inputs[0]
      for (source, (index, value)) in zip(
        Float64Array.indices(inputs[1].shape), zip(indices.values, inputs[1].values))
      {
        var place = source
        place[axis] = index
        let position = zip(shape, place).reduce(0) { $0 * $1.0 + $1.1 }
        sums.values[position] += value
      }
      return sums
    })
}

/// Indices of this shape, which are from 0 to size − 1.
private func indices(_ shape: Shape, below size: Int) -> Indices {
  Indices((0..<shape.elementCount).map { ($0 * 5 + $0 / 3) % size }, shape: shape)
}

private let indexCases: [OperationCase] = [
  gathering([5], 0, tokens.reshaped([6])), gathering([3, 4], 0, indices([2, 4], below: 3)),
  gathering([3, 4], 1, indices([3, 6], below: 4)), gathering([2, 3, 4], 1, indices([2, 5, 3], below: 3)),
  gathering([2, 3, 4], 2, indices([1, 2, 4], below: 4)),
  scattering([5], 0, tokens.reshaped([6])), scattering([3, 4], 0, indices([2, 4], below: 3)),
  scattering([3, 4], 1, indices([3, 6], below: 4)), scattering([2, 3, 4], 1, indices([2, 5, 3], below: 3)),
  OperationCase(
    description: "take(rows:) of indices", shapes: [[5, 3]], operation: { $0[0].take(rows: tokens) },
    reference: { x in Float64Array([2, 3, 3]) { x[0][[tokens.values[$0[0] * 3 + $0[1]], $0[2]]] } }),
  OperationCase(
    description: "take along 1", shapes: [[2, 5, 2]], operation: { $0[0].take(axis: 1, tokens) },
    reference: { x in
      Float64Array([2, 2, 3, 2]) { x[0][[$0[0], tokens.values[$0[1] * 3 + $0[2]], $0[3]]] }
    }),
  OperationCase(
    description: "take along the last", shapes: [[3, 4]], operation: { $0[0].take(axis: -1, [3, 0, 3]) },
    reference: { x in Float64Array([3, 3]) { x[0][[$0[0], [3, 0, 3][$0[1]]]] } }),
]

/// A NaN is the largest.
private func isBefore(_ a: Double, _ b: Double) -> Bool { a < b || b.isNaN && !a.isNaN }

private let orders: [[OperationCase]] = [
  along("sorted", choosing: true, { $0.sorted(axis: $1).values }, { $0.sorted(by: isBefore) }),
  along(
    "sorted downwards", choosing: true, { $0.sorted(axis: $1, descending: true).values },
    { $0.sorted { isBefore($1, $0) } }),
  along(
    "topK", choosing: true, { $0.topK(2, axis: $1).values }, { Array($0.sorted { isBefore($1, $0) }.prefix(2)) }),
  along(
    "topK of the smallest", choosing: true, { $0.topK(1, axis: $1, largest: false).values },
    { Array($0.sorted(by: isBefore).prefix(1)) }),
]

private let rearrangements: [[OperationCase]] = [
  along("flipped", { $0.flipped(axes: [$1]) }, { $0.reversed() }),
  along("rolled by 2", { $0.rolled(by: 2, axis: $1) }, { values in values.suffix(2) + values.dropLast(2) }),
  along("rolled by −1", { $0.rolled(by: -1, axis: $1) }, { Array($0.dropFirst() + $0.prefix(1)) }),
  along("rolled by none", { $0.rolled(by: 0, axis: $1) }, { $0 }),
  along("a split", { $0.split(axis: $1, sizes: [1, $0.shape[$1 < 0 ? 2 : $1] - 1])[1] }, { Array($0.dropFirst()) }),
  along(
    "parts of a split",
    { x, axis in
      concatenated(x.split(axis: axis, sizes: [1, 0, 1, x.shape[axis < 0 ? 2 : axis] - 2]).reversed(), axis: axis)
    },
    { Array($0.dropFirst(2) + [$0[1], $0[0]]) }),
]

private func triangle(
  _ name: String, _ shape: [Int], _ operation: @escaping @Sendable (Tensor) -> Tensor,
  _ isKept: @escaping @Sendable (Int, Int) -> Bool
) -> OperationCase {
  OperationCase(
    description: "\(name) \(shape)", shapes: [shape], operation: { operation($0[0]) },
    reference: { x in
      Float64Array(shape) { isKept($0[$0.count - 2], $0[$0.count - 1]) ? x[0][$0] : 0 }
    })
}

private let others: [OperationCase] = [
  OperationCase(
    description: "flipped twice", shapes: [[2, 3, 4]], operation: { $0[0].flipped(axes: [0, -1]) },
    reference: { x in Float64Array([2, 3, 4]) { x[0][[1 - $0[0], $0[1], 3 - $0[2]]] } }),
  OperationCase(
    description: "stacked", shapes: [[3, 4], [3, 4]], operation: { stacked($0) },
    reference: { x in Float64Array([2, 3, 4]) { x[$0[0]][[$0[1], $0[2]]] } }),
  OperationCase(
    description: "stacked along the last", shapes: [[3, 4], [3, 4]], operation: { stacked($0, axis: -1) },
    reference: { x in Float64Array([3, 4, 2]) { x[$0[2]][[$0[0], $0[1]]] } }),
  triangle("lowerTriangle", [3, 5], { $0.lowerTriangle() }, { $1 <= $0 }),
  triangle("lowerTriangle −1", [2, 4, 3], { $0.lowerTriangle(diagonal: -1) }, { $1 - $0 <= -1 }),
  triangle("upperTriangle", [3, 5], { $0.upperTriangle() }, { $1 >= $0 }),
  triangle("upperTriangle 2", [4, 4], { $0.upperTriangle(diagonal: 2) }, { $1 - $0 >= 2 }),
]

/// By definition: the sum over all values of all letters.
private func einsumCase(_ equation: String, _ left: [Int], _ right: [Int], output: String) -> OperationCase {
  let letters = equation.prefix { $0 != "-" }.filter { $0 != " " }.split(
    separator: ",", omittingEmptySubsequences: false)
  return OperationCase(
    description: "einsum \(equation)", shapes: [left, right], operation: { einsum(equation, $0[0], $0[1]) },
    reference: { inputs in
      var sizes: [Character: Int] = [:]
      for (letter, size) in zip(letters[0], left) { sizes[letter] = size }
      for (letter, size) in zip(letters[1], right) { sizes[letter] = size }
      let all = sizes.keys.sorted()
      func place(_ letters: some StringProtocol, _ index: [Int]) -> [Int] {
        letters.map { index[all.firstIndex(of: $0)!] }
      }
      var sums: [[Int]: Double] = [:]
      for index in Float64Array.indices(all.map { sizes[$0]! }) {
        sums[place(output, index), default: 0] +=
          inputs[0][place(letters[0], index)] * inputs[1][place(letters[1], index)]
      }
      return Float64Array(output.map { sizes[$0]! }) { sums[$0]! }
    })
}

private let products: [OperationCase] = [
  einsumCase("ij,jk->ik", [2, 3], [3, 4], output: "ik"), einsumCase("ij,jk", [2, 3], [3, 4], output: "ik"),
  einsumCase("bij,bkj->bik", [2, 3, 4], [2, 5, 4], output: "bik"),
  einsumCase("b i j, b j k -> k i b", [2, 3, 4], [2, 4, 2], output: "kib"), einsumCase("i,i->", [5], [5], output: ""),
  einsumCase("i,j->ji", [3], [4], output: "ji"), einsumCase("ij,ij->ij", [3, 4], [3, 4], output: "ij"),
  einsumCase("ijk,l->il", [2, 3, 2], [3], output: "il"),
  einsumCase("bhqd,bhkd->bhqk", [2, 2, 3, 4], [2, 2, 5, 4], output: "bhqk"),
  einsumCase("ij,kl->", [2, 3], [3, 2], output: ""), einsumCase(",i->i", [], [4], output: "i"),
  einsumCase("abc,cab->b", [2, 3, 4], [4, 2, 3], output: "b"),
]

/// Operations by indices, in order, and of parts in other places.
let indexingCases: [OperationCase] =
  indexCases + orders.flatMap(\.self) + rearrangements.flatMap(\.self) + others + products
