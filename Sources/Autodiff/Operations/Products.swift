/// The product of two matrices, [n, k] and [k, m] to [n, m]; with a flag an operand is read transposed, without copying: [k, n] for
/// the left, [m, k] for the right.
///
/// Further dimensions in front are stacks of matrices that are multiplied one by one: [b, n, k] and [b, k, m] to [b, n, m].
///
/// Stops the program if the shapes don't fit.
public func matmul(_ left: Tensor, _ right: Tensor, transposeLeft: Bool = false, transposeRight: Bool = false) -> Tensor
{
  let result = precisionHere == .float32 && left.precision == right.precision ? left.precision : precisionHere
  return matmul(left, right, transposeLeft, transposeRight, as: result)
}

/// As above, with the result's precision.
func matmul(
  _ left: Tensor, _ right: Tensor, _ transposeLeft: Bool, _ transposeRight: Bool, as result: Precision
) -> Tensor {
  let rank = left.shape.count
  guard rank >= 2, right.shape.count == rank, left.shape.dropLast(2).elementsEqual(right.shape.dropLast(2)) else {
    stop("matmul", left.shape, right.shape, "two matrices are needed, or two equally high stacks of matrices")
  }
  guard left.shape[rank - (transposeLeft ? 2 : 1)] == right.shape[rank - (transposeRight ? 1 : 2)] else {
    let flags = (transposeLeft ? ", the first transposed" : "") + (transposeRight ? ", the second transposed" : "")
    stop("matmul", left.shape, right.shape, "columns of the first and rows of the second are equal\(flags)")
  }
  let factors = factorPrecision(left, right)
  let first = left.castWithoutTape(to: factors), second = right.castWithoutTape(to: factors)
  let output = product(
    first.factor(in: factors), transposeLeft, second.factor(in: factors), transposeRight, plus: nil, as: result)
  return record(output, from: left, right) { gradient, pass in
    // With y = op(a) op(b): d op(a) = g op(b)ᵀ and d op(b) = op(a)ᵀ g; each is built in the layout its operand has.
    let first = pass.keepsTape ? left : first.factor(in: factors)
    let second = pass.keepsTape ? right : second.factor(in: factors)
    let gradient = pass.keepsTape ? gradient : gradient.factor(in: gradient.precision)
    pass.add(
      transposeLeft
        ? matmul(second, gradient, transposeRight, true, as: left.precision)
        : matmul(gradient, second, false, !transposeRight, as: left.precision), to: left)
    pass.add(
      transposeRight
        ? matmul(gradient, first, true, transposeLeft, as: right.precision)
        : matmul(first, gradient, !transposeLeft, false, as: right.precision), to: right)
  }
}

/// The affine map x Wᵀ + b of a fully connected layer: x [n, …, inputs], weight [outputs, inputs], bias [outputs] or none, to
/// [n, …, outputs].
///
/// Stops the program if the shapes don't fit.
public func linear(_ x: Tensor, weight: Tensor, bias: Tensor? = nil) -> Tensor {
  linear(x, weight: weight, bias: bias, isRepeated: false)
}

/// As above. With `isRepeated`, what many calls with the same weight and bias add to their gradients, as the steps of a recurrence do, is
/// computed together; the order of the sums differs.
package func linear(_ x: Tensor, weight: Tensor, bias: Tensor?, isRepeated: Bool) -> Tensor {
  guard weight.shape.count == 2, x.shape.last == weight.shape[1] else {
    stop("linear", x.shape, weight.shape, "the input's last size is the weight's second, [outputs, inputs]")
  }
  if let bias, bias.shape.count != 1 || bias.shape[0] != weight.shape[0] {
    stop("linear", bias.shape, weight.shape, "the bias has one element for each of the weight's outputs")
  }
  guard x.shape.count == 2 else {
    let rows = x.shape.dropLast()
    let matrix = x.reshaped([rows.reduce(1, *), weight.shape[1]])
    let flat = linear(matrix, weight: weight, bias: bias, isRepeated: isRepeated)
    return flat.reshaped(Shape(rows + [weight.shape[0]]))
  }
  let factors = factorPrecision(x, weight)
  let rounded = x.precision == factors ? nil : x.castWithoutTape(to: factors)
  let output = product(
    (rounded ?? x).factor(in: factors), false, weight.factor(in: factors), true, plus: bias, as: precisionHere)
  return record(output, from: x, weight, bias) { [bias = bias?.node] gradient, pass in
    guard !pass.keepsTape else {
      pass.add(matmul(gradient, weight, false, false, as: x.precision), to: x)
      pass.add(matmul(gradient, x, true, false, as: weight.precision), to: weight)
      if let bias { pass.add(gradient.summed(to: bias.shape), to: bias) }
      return
    }
    // Each factor is widened once, where products are in Float32. The weight is rounded again rather than kept, which would cost
    // as much memory as half-sized activations save.
    let g = gradient.factor(in: gradient.precision)
    pass.add(matmul(g, weight.factor(in: factors), false, false, as: x.precision), to: x)
    let input = (rounded ?? x).factor(in: factors)
    guard !isRepeated else { return pass.addLater(g, input, toWeight: weight.node, bias: bias) }
    pass.add(matmul(g, input, true, false, as: weight.precision), to: weight)
    if let bias { pass.add(g.summed(to: bias.shape), to: bias) }
  }
}

/// What the factors of a product are rounded to: that of the scope, or in a backward pass, which runs outside of the
/// scope, that of the tensors.
private func factorPrecision(_ left: Tensor, _ right: Tensor) -> Precision {
  if precisionHere != .float32 { return precisionHere }
  return left.precision == right.precision ? left.precision : .float32
}

/// op(left) op(right) + bias, not on the tape; the shapes have been checked.
private func product(
  _ left: Tensor, _ transposeLeft: Bool, _ right: Tensor, _ transposeRight: Bool, plus bias: Tensor?,
  as result: Precision
) -> Tensor {
  let rank = left.shape.count
  let rows = left.shape[rank - (transposeLeft ? 1 : 2)]
  let inner = left.shape[rank - (transposeLeft ? 2 : 1)]
  let columns = right.shape[rank - (transposeRight ? 2 : 1)]
  let batches = rank == 2 ? 1 : left.shape.dropLast(2).reduce(1, *)
  let shape = rank == 2 ? Shape(rows: rows, columns: columns) : Shape(left.shape.dropLast(2) + [rows, columns])
  guard shape.elementCount > 0 else { return Tensor(repeating: 0, shape: shape).castWithoutTape(to: result) }
  guard inner > 0 else {
    let zeros = Tensor(repeating: 0, shape: shape)
    return (bias.map { zeros + $0.detached() } ?? zeros).castWithoutTape(to: result)
  }
  let product = MatrixProduct(
    batches: batches, rows: rows, inner: inner, columns: columns, transposeLeft: transposeLeft,
    transposeRight: transposeRight)
  return product(left, right, plus: bias, shape: shape, as: result)
}
