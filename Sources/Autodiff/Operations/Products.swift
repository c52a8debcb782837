import COneDNN
import CKernels

/// The product of two matrices, [n, k] and [k, m] to [n, m]; with a flag the operand is read transposed, without copying.
///
/// Further dimensions in front are stacks of matrices that are multiplied one by one: [b, n, k] and [b, k, m] to [b, n, m].
public func matmul(_ left: Tensor, _ right: Tensor, transposeLeft: Bool = false, transposeRight: Bool = false) -> Tensor
{
  let result = precisionHere == .float32 && left.precision == right.precision ? left.precision : precisionHere
  return matmul(left, right, transposeLeft, transposeRight, as: result)
}

/// As above, with the result's precision.
private func matmul(
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
  let output = product(first, transposeLeft, second, transposeRight, plus: nil, as: result)
  return record(output, from: left, right) { gradient, pass in
    // With y = op(a) op(b): d op(a) = g op(b)ᵀ and d op(b) = op(a)ᵀ g; each is built in the layout its operand has.
    let first = pass.keepsTape ? left : first, second = pass.keepsTape ? right : second
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

/// The affine map x Wᵀ + b of a fully connected layer: x [n, inputs], weight [outputs, inputs], bias [outputs] to
/// [n, outputs]. Leading dimensions of x beyond one are rows too.
public func linear(_ x: Tensor, weight: Tensor, bias: Tensor? = nil) -> Tensor {
  guard weight.shape.count == 2, x.shape.last == weight.shape[1] else {
    stop("linear", x.shape, weight.shape, "the input's last size is the weight's second, [outputs, inputs]")
  }
  if let bias, bias.shape.count != 1 || bias.shape[0] != weight.shape[0] {
    stop("linear", bias.shape, weight.shape, "the bias has one element for each of the weight's outputs")
  }
  guard x.shape.count == 2 else {
    let rows = x.shape.dropLast()
    let flat = linear(x.reshaped([rows.reduce(1, *), weight.shape[1]]), weight: weight, bias: bias)
    return flat.reshaped(Shape(rows + [weight.shape[0]]))
  }
  let factors = factorPrecision(x, weight)
  let rounded = x.precision == factors ? nil : x.castWithoutTape(to: factors)
  let output = product(rounded ?? x, false, weight.castWithoutTape(to: factors), true, plus: bias, as: precisionHere)
  return record(output, from: x, weight, bias) { [biasPlace = bias?.node] gradient, pass in
    // The weight is rounded again rather than kept, which would cost as much memory as half-sized activations save.
    let input = pass.keepsTape ? x : rounded ?? x,
      factor = pass.keepsTape ? weight : weight.castWithoutTape(to: factors)
    pass.add(matmul(gradient, factor, false, false, as: x.precision), to: x)
    pass.add(matmul(gradient, input, true, false, as: weight.precision), to: weight)
    if let biasPlace { pass.add(gradient.summed(to: biasPlace.shape), to: biasPlace) }
  }
}

/// What the factors of a product are rounded to: what the scope says, or in a backward pass, which is outside of it, what the
/// forward pass has stored.
private func factorPrecision(_ left: Tensor, _ right: Tensor) -> Precision {
  if precisionHere != .float32 { return precisionHere }
  return left.precision == right.precision ? left.precision : .float32
}

/// op(left) op(right) + bias by oneDNN; the shapes have been checked.
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
  let count = shape.elementCount
  // bfloat16 is multiplied and stored as such where that can be done; all else goes through Float32.
  let isBfloat16 = left.precision == .bfloat16 && right.precision == .bfloat16 && takesBfloat16
  let stored: Precision = isBfloat16 && result == .bfloat16 ? .bfloat16 : .float32
  let output = Buffer(count: count, precision: stored)
  guard count > 0 else { return Tensor(shape: shape, buffer: output).castWithoutTape(to: result) }
  guard inner > 0 else {
    let zeros = Tensor(repeating: 0, shape: shape)
    return (bias.map { zeros + $0.detached() } ?? zeros).castWithoutTape(to: result)
  }
  let type = isBfloat16 ? onednn_bfloat16 : onednn_float32
  var what = onednn_product(
    batches: Int64(batches), rows: Int64(rows), inner: Int64(inner), columns: Int64(columns),
    a_transposed: transposeLeft, b_transposed: transposeRight, a_type: type, b_type: type,
    c_type: stored == .bfloat16 ? onednn_bfloat16 : onednn_float32)
  let code = onednn_multiply(
    &what, isBfloat16 ? left.storage.pointer : left.buffer.pointer,
    isBfloat16 ? right.storage.pointer : right.buffer.pointer, bias?.buffer.pointer, output.pointer)
  guard code == 0 else {
    stop(
      "matmul", left.shape, right.shape, "oneDNN can't compute this product: \(String(cString: onednn_reason(code)))")
  }
  return Tensor(shape: shape, buffer: output).castWithoutTape(to: result)
}

/// How many threads the products and convolutions of the calling thread may use. At first as many as OpenMP gives it, which is
/// all the machine's cores unless OMP_NUM_THREADS says otherwise.
public func useThreads(_ count: Int) {
  guard count >= 1 else { stop("useThreads", "\(count) threads, at least 1 is needed") }
  onednn_use_threads(Int32(count))
}
