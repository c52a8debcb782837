/// The sum of products that an equation in Einstein's notation names: `einsum("bij,bkj->bik", x, y)` is Σⱼ x[b, i, j] y[b, k, j].
///
/// A letter stands for a dimension. A letter that both operands have is one dimension of one size; letters that the result does not name
/// are summed over. Without "->" the result has the letters that occur once, in alphabetical order. Operands [b, i, j] and [b, k, j] give
/// [b, i, k]. It is computed as one product of matrices, by `matmul`.
///
/// Stops the program if the equation is no such equation, names a dimension of one operand twice, or does not fit the shapes.
public func einsum(_ equation: String, _ left: Tensor, _ right: Tensor) -> Tensor {
  let letters = EinsumLetters(equation, left.shape, right.shape)
  let inRight = Set(letters.right), inOutput = Set(letters.output), inLeft = Set(letters.left)
  let batch = letters.output.filter { inLeft.contains($0) && inRight.contains($0) }
  let rows = letters.output.filter { inLeft.contains($0) && !inRight.contains($0) }
  let columns = letters.output.filter { !inLeft.contains($0) }
  let inner = letters.left.filter { inRight.contains($0) && !inOutput.contains($0) }
  // [batch, rows, inner] · [batch, inner, columns].
  func sizes(_ groups: [[Character]]) -> [Int] { groups.map { $0.reduce(1) { $0 * letters.size[$1]! } } }
  let first = left.arranged(letters.left, as: batch + rows + inner).reshaped(Shape(sizes([batch, rows, inner])))
  let second = right.arranged(letters.right, as: batch + inner + columns).reshaped(
    Shape(sizes([batch, inner, columns])))
  let product = inner.isEmpty ? first * second : matmul(first, second)
  let made = batch + rows + columns
  return product.reshaped(Shape(made.map { letters.size[$0]! })).arranged(made, as: letters.output)
}

extension Tensor {
  /// The dimensions, which `letters` name, in the order `wanted`, those that it leaves out summed over.
  fileprivate func arranged(_ letters: [Character], as wanted: [Character]) -> Tensor {
    let kept = letters.filter(wanted.contains)
    let summed = letters.indices.filter { !wanted.contains(letters[$0]) }
    let rest = summed.isEmpty ? self : sum(axes: summed)
    return kept == wanted ? rest : rest.transposed(order: wanted.map { kept.firstIndex(of: $0)! })
  }
}

/// The letters of an equation, and the sizes that they stand for.
private struct EinsumLetters {
  let left, right, output: [Character]
  private(set) var size: [Character: Int] = [:]

  init(_ equation: String, _ leftShape: Shape, _ rightShape: Shape) {
    let sides = equation.filter { $0 != " " }.split(separator: "->", omittingEmptySubsequences: false)
    let operands = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    guard sides.count <= 2, operands.count == 2 else {
      stop("einsum", "“\(equation)” is no equation of two operands, such as \"ij,jk->ik\"")
    }
    (left, right) = (operands[0], operands[1])
    let all = left + right
    output = sides.count == 2 ? Array(sides[1]) : Set(all).filter { letter in all.count { $0 == letter } == 1 }.sorted()
    for letters in [left, right, output] {
      guard letters.allSatisfy({ $0.isASCII && $0.isLetter }), Set(letters).count == letters.count else {
        stop("einsum", "“\(String(letters))” in “\(equation)”: each dimension is one letter, which occurs once")
      }
    }
    if let unknown = output.first(where: { !all.contains($0) }) {
      stop("einsum", "neither operand of “\(equation)” has the dimension \(unknown)")
    }
    for (letters, shape) in [(left, leftShape), (right, rightShape)] {
      guard letters.count == shape.count else {
        stop("einsum", "“\(String(letters))” in “\(equation)” does not name each dimension of the shape \(shape)")
      }
      for (letter, length) in zip(letters, shape) where size.updateValue(length, forKey: letter) ?? length != length {
        stop("einsum", leftShape, rightShape, "\(letter) in “\(equation)” is one size")
      }
    }
  }
}
