import CKernels

// Operations of two inputs, element by element, with broadcasting as NumPy defines it: shapes are aligned at the last
// dimension, and a size of 1, or a missing dimension, is repeated. A gradient is summed over what was repeated.

extension Tensor {
  /// left + right.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    record(combine("+", left, right, binary_add), from: left, right) {
      [first = left.node, second = right.node] gradient, pass in
      if let first { pass.add(gradient.summed(to: first.shape), to: first) }
      if let second { pass.add(gradient.summed(to: second.shape), to: second) }
    }
  }

  /// left − right.
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    record(combine("-", left, right, binary_subtract), from: left, right) {
      [first = left.node, second = right.node] gradient, pass in
      if let first { pass.add(gradient.summed(to: first.shape), to: first) }
      if let second { pass.add((-gradient).summed(to: second.shape), to: second) }
    }
  }

  /// left · right, element by element. For the product of matrices see `matmul`.
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    let first = left.node, second = right.node
    // Each is kept only where the other has a gradient.
    return record(combine("*", left, right, binary_multiply), from: left, right) {
      [left = second == nil ? nil : left, right = first == nil ? nil : right] gradient, pass in
      if let first, let right { pass.add((gradient * right).summed(to: first.shape), to: first) }
      if let second, let left { pass.add((gradient * left).summed(to: second.shape), to: second) }
    }
  }

  /// left / right, element by element.
  public static func / (left: Tensor, right: Tensor) -> Tensor {
    record(combine("/", left, right, binary_divide), from: left, right) { gradient, pass in
      pass.add((gradient / right).summed(to: left.shape), to: left)
      // Not left / right², whose square leaves the numbers' range long before the quotient does.
      pass.add((-gradient * (left / right / right)).summed(to: right.shape), to: right)
    }
  }
}

typealias BinaryKernel = (
  UnsafePointer<Float>, UnsafePointer<Int64>, UnsafePointer<Float>, UnsafePointer<Int64>, UnsafeMutablePointer<Float>,
  UnsafePointer<Int64>, Int32
) -> Void

/// A new tensor that `kernel` computes from two that are broadcast to one shape. It has their precision, a scalar's counting
/// for nothing; Float32 where they differ.
@inline(__always)
func combine(_ operation: String, _ left: Tensor, _ right: Tensor, _ kernel: BinaryKernel) -> Tensor {
  guard left.shape == right.shape else { return combineBroadcast(operation, left, right, kernel) }
  let count = left.elementCount
  let output = Buffer(count: count)
  var size = Int64(count), step: Int64 = 1
  if count > 0 { kernel(left.buffer.pointer, &step, right.buffer.pointer, &step, output.pointer, &size, 1) }
  return Tensor(shape: left.shape, buffer: output).castWithoutTape(to: commonPrecision(left, right))
}

/// A new tensor that `kernel` computes from two of one shape: a gradient and what a derivative depends on. Its precision is
/// as that of `combine`.
@inline(__always)
func combine(
  _ gradient: Tensor, _ saved: Tensor,
  _ kernel: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
) -> Tensor {
  let count = gradient.elementCount
  let output = Buffer(count: count)
  kernel(gradient.buffer.pointer, saved.buffer.pointer, output.pointer, count)
  return Tensor(shape: gradient.shape, buffer: output).castWithoutTape(to: commonPrecision(gradient, saved))
}

@inline(__always)
private func commonPrecision(_ left: Tensor, _ right: Tensor) -> Precision {
  if left.precision == right.precision || right.shape.isEmpty { return left.precision }
  return left.shape.isEmpty ? right.precision : .float32
}

private func combineBroadcast(_ operation: String, _ left: Tensor, _ right: Tensor, _ kernel: BinaryKernel) -> Tensor {
  guard let shape = left.shape.broadcast(with: right.shape) else {
    stop(operation, left.shape, right.shape, "aligned at the last dimension, sizes are equal or one of them is 1")
  }
  let output = Buffer(count: shape.elementCount)
  if shape.elementCount > 0 {
    let walk = StridedIterator(
      over: shape, left.shape.strides(broadcastTo: shape), right.shape.strides(broadcastTo: shape))
    kernel(
      left.buffer.pointer, walk.first, right.buffer.pointer, walk.second, output.pointer, walk.sizes,
      Int32(walk.sizes.count))
  }
  return Tensor(shape: shape, buffer: output).castWithoutTape(to: commonPrecision(left, right))
}

/// The way through the memory of two operands, with neighbouring dimensions joined where both allow it: equal shapes and
/// scalars become one long row, a row added to a matrix two dimensions.
struct StridedIterator {
  private(set) var sizes: [Int64] = []
  private(set) var first: [Int64] = []
  private(set) var second: [Int64] = []

  init(over shape: Shape, _ firstStrides: [Int64], _ secondStrides: [Int64]) {
    for axis in 0..<shape.count where shape[axis] != 1 {
      let size = Int64(shape[axis]), a = firstStrides[axis], b = secondStrides[axis]
      if let last = sizes.last, first.last == a * size, second.last == b * size {
        sizes[sizes.count - 1] = last * size
        first[first.count - 1] = a
        second[second.count - 1] = b
      } else {
        sizes.append(size)
        first.append(a)
        second.append(b)
      }
    }
    if sizes.isEmpty { (sizes, first, second) = ([1], [1], [1]) }
  }
}
