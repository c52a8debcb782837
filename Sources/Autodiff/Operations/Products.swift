import COneDNN
import CKernels

/// The product of two matrices, [n, k] and [k, m] to [n, m]; with a flag the operand is read transposed, without copying.
public func matmul(_ left: Tensor, _ right: Tensor, transposeLeft: Bool = false, transposeRight: Bool = false) -> Tensor
{
  guard left.shape.count == 2, right.shape.count == 2 else {
    stop("matmul", left.shape, right.shape, "two matrices are needed")
  }
  guard left.shape[transposeLeft ? 0 : 1] == right.shape[transposeRight ? 1 : 0] else {
    let flags = (transposeLeft ? ", the first transposed" : "") + (transposeRight ? ", the second transposed" : "")
    stop("matmul", left.shape, right.shape, "columns of the first and rows of the second are equal\(flags)")
  }
  let output = product(left, transposeLeft, right, transposeRight, plus: nil)
  return record(output, from: left, right) { gradient, sweep in
    // With y = op(a) op(b): d op(a) = g op(b)ᵀ and d op(b) = op(a)ᵀ g; each is built in the layout its operand has.
    sweep.add(
      transposeLeft
        ? matmul(right, gradient, transposeLeft: transposeRight, transposeRight: true)
        : matmul(gradient, right, transposeRight: !transposeRight), to: left)
    sweep.add(
      transposeRight
        ? matmul(gradient, left, transposeLeft: true, transposeRight: transposeLeft)
        : matmul(left, gradient, transposeLeft: !transposeLeft), to: right)
  }
}

/// The affine map x Wᵀ + b of a fully connected layer: x [n, inputs], weight [outputs, inputs], bias [outputs] to
/// [n, outputs]. Leading dimensions of x beyond one are rows too.
public func linear(_ x: Tensor, weight: Tensor, bias: Tensor? = nil) -> Tensor {
  guard weight.shape.count == 2, x.shape.last == weight.shape[1] else {
    stop("linear", x.shape, weight.shape, "the input's last size is the weight's second, [outputs, inputs]")
  }
  if let bias, bias.shape != [weight.shape[0]] {
    stop("linear", bias.shape, weight.shape, "the bias has one element for each of the weight's outputs")
  }
  guard x.shape.count == 2 else {
    let rows = x.shape.dropLast()
    let flat = linear(x.reshaped([rows.reduce(1, *), weight.shape[1]]), weight: weight, bias: bias)
    return flat.reshaped(Shape(rows + [weight.shape[0]]))
  }
  return record(product(x, false, weight, true, plus: bias), from: x, weight, bias) { gradient, sweep in
    sweep.add(matmul(gradient, weight), to: x)
    sweep.add(matmul(gradient, x, transposeLeft: true), to: weight)
    if let bias { sweep.add(gradient.summed(to: bias.shape), to: bias) }
  }
}

/// op(left) op(right) + bias by oneDNN; the shapes have been checked.
private func product(
  _ left: Tensor, _ transposeLeft: Bool, _ right: Tensor, _ transposeRight: Bool, plus bias: Tensor?
) -> Tensor {
  let rows = left.shape[transposeLeft ? 1 : 0]
  let inner = left.shape[transposeLeft ? 0 : 1]
  let columns = right.shape[transposeRight ? 0 : 1]
  let output = Tensor(shape: [rows, columns], buffer: Buffer(count: rows * columns))
  guard rows > 0, columns > 0 else { return output }
  guard inner > 0 else {
    fill(0, output.buffer.pointer, rows * columns)
    if let bias { add_row(output.buffer.pointer, bias.buffer.pointer, output.buffer.pointer, rows, columns) }
    return output
  }
  let code = onednn_product(
    left.buffer.pointer, transposeLeft, right.buffer.pointer, transposeRight, bias?.buffer.pointer,
    output.buffer.pointer,
    Int64(rows), Int64(inner), Int64(columns), false)
  guard code == 0 else {
    stop(
      "matmul", left.shape, right.shape, "oneDNN can't compute this product: \(String(cString: onednn_reason(code)))")
  }
  return output
}

/// How many threads the matrix products of the calling thread may use. At first as many as OpenMP gives it, which is all
/// the machine's cores unless OMP_NUM_THREADS says otherwise.
public func useThreads(_ count: Int) {
  guard count >= 1 else { stop("useThreads", "\(count) threads, at least 1 is needed") }
  onednn_use_threads(Int32(count))
}
