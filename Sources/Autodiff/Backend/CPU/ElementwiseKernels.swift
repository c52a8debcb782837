import CKernels

extension Tensor {
  /// A new tensor of the same shape and precision, not on the tape.
  func map(_ operation: UnaryOperation) -> Tensor {
    let count = elementCount
    if precision != .float32, case .relu = operation {
      // It depends on the sign alone, so elements of 16 bits need not be widened.
      let output = Buffer(shape: shape, precision: precision)
      let infinity: UInt16 = precision == .bfloat16 ? 0x7f80 : 0x7c00
      inChunks(of: count) { relu_half(storage.half + $0.lowerBound, output.half + $0.lowerBound, $0.count, infinity) }
      return Tensor(shape: shape, buffer: output)
    }
    let output = Buffer(shape: shape)
    withFloat32 { operation.runInChunks($0, output.pointer, count) }
    return Tensor(shape: shape, buffer: output).castWithoutTape(to: precision)
  }

  /// Adds another tensor of the same shape in place; nobody else may see this tensor's memory (`ownsItsMemory`).
  func addInPlace(_ other: Tensor) {
    other.withFloat32 { other in
      inChunks(of: elementCount) { add_scaled(other + $0.lowerBound, 1, elements + $0.lowerBound, $0.count) }
    }
  }

  /// Replaces this gradient by that of an operation's input, in place; nobody else may see this tensor's memory
  /// (`ownsItsMemory`), and `saved` is Float32.
  func replace(by operation: GradientOperation, saved: Tensor) {
    saved.withFloat32 { operation.runInChunks(elements, $0, elements, elementCount) }
  }
}

/// A new tensor from two that broadcast to one shape, not on the tape. It has their precision, and Float32 where they differ; a
/// scalar takes the precision of the other.
@inline(__always)
func combine(_ name: String, _ left: Tensor, _ right: Tensor, _ operation: BinaryOperation) -> Tensor {
  guard left.shape == right.shape else { return combineBroadcast(name, left, right, operation) }
  let count = left.elementCount
  let output = Buffer(shape: left.shape)
  if count > 0 {
    withFloat32(left, right) { left, right in
      inChunks(of: count) { range in
        var size = Int64(range.count), step: Int64 = 1
        let first = range.lowerBound
        operation.run(left + first, &step, right + first, &step, output.pointer + first, &size, 1)
      }
    }
  }
  return Tensor(shape: left.shape, buffer: output).castWithoutTape(to: commonPrecision(left, right))
}

/// The gradient of an operation's input from that of its output and a saved tensor of the same shape, not on the tape. Its
/// precision is as that of `combine`.
func combine(_ gradient: Tensor, _ saved: Tensor, _ operation: GradientOperation) -> Tensor {
  let count = gradient.elementCount
  if gradient.precision != .float32, gradient.precision == saved.precision, case .relu = operation {
    let output = Buffer(shape: gradient.shape, precision: gradient.precision)
    let (g, y, d) = (gradient.storage.half, saved.storage.half, output.half)
    inChunks(of: count) { relu_gradient_half(g + $0.lowerBound, y + $0.lowerBound, d + $0.lowerBound, $0.count) }
    return Tensor(shape: gradient.shape, buffer: output)
  }
  let output = Buffer(shape: gradient.shape)
  withFloat32(gradient, saved) { operation.runInChunks($0, $1, output.pointer, count) }
  return Tensor(shape: gradient.shape, buffer: output).castWithoutTape(to: commonPrecision(gradient, saved))
}

/// x where the condition is not 0, otherwise y: a new tensor of the given shape, to which all three broadcast, not on the tape. Its
/// precision is as that of `combine`.
func select(_ condition: Tensor, _ x: Tensor, _ y: Tensor, to shape: Shape) -> Tensor {
  func filled(_ tensor: Tensor) -> Tensor { tensor.shape == shape ? tensor : tensor.repeated(to: shape) }
  let output = Buffer(shape: shape)
  withFloat32(filled(x), filled(y)) { x, y in
    filled(condition).withFloat32 { condition in
      inChunks(of: shape.elementCount) {
        let first = $0.lowerBound
        select_where(condition + first, x + first, y + first, output.pointer + first, $0.count)
      }
    }
  }
  return Tensor(shape: shape, buffer: output).castWithoutTape(to: commonPrecision(x, y))
}

@inline(__always)
func commonPrecision(_ left: Tensor, _ right: Tensor) -> Precision {
  if left.precision == right.precision || right.shape.isEmpty { return left.precision }
  return left.shape.isEmpty ? right.precision : .float32
}

private func combineBroadcast(
  _ name: String, _ left: Tensor, _ right: Tensor, _ operation: BinaryOperation
) -> Tensor {
  guard let shape = left.shape.broadcast(with: right.shape) else {
    stop(name, left.shape, right.shape, "aligned at the last dimension, sizes are equal or one of them is 1")
  }
  let output = Buffer(shape: shape)
  if shape.elementCount > 0 {
    let iterator = StridedIterator(
      over: shape, left.shape.strides(broadcastTo: shape), right.shape.strides(broadcastTo: shape))
    withFloat32(left, right) { left, right in
      iterator.inChunks(of: shape) { range, first, rest in
        let row = Int64(range.lowerBound)
        operation.run(
          left + Int(row * iterator.first[0]), iterator.first, right + Int(row * iterator.second[0]), iterator.second,
          output.pointer + first, rest, Int32(rest.count))
      }
    }
  }
  return Tensor(shape: shape, buffer: output).castWithoutTape(to: commonPrecision(left, right))
}

extension UnaryOperation {
  fileprivate func runInChunks(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    switch self {
    case .softmax(let layout):
      layout.inUnits { softmax_along(x, y, layout, $0, $1) }
    case .logSoftmax(let layout):
      layout.inUnits { log_softmax_along(x, y, layout, $0, $1) }
    default:
      inChunks(of: n) { run(x + $0.lowerBound, y + $0.lowerBound, $0.count) }
    }
  }

  private func run(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    switch self {
    case .relu: unary_relu(x, y, n)
    case .sigmoid: unary_sigmoid(x, y, n)
    case .tanh: unary_tanh(x, y, n)
    case .exp: unary_exp(x, y, n)
    case .log: unary_log(x, y, n)
    case .square: unary_square(x, y, n)
    case .squareRoot: unary_square_root(x, y, n)
    case .absolute: unary_absolute(x, y, n)
    case .sign: sign_of(x, y, n)
    case .sin: unary_sin(x, y, n)
    case .cos: unary_cos(x, y, n)
    case .erf: unary_erf(x, y, n)
    case .floor: unary_floor(x, y, n)
    case .ceil: unary_ceil(x, y, n)
    case .round: unary_round(x, y, n)
    case .power(let exponent): CKernels.power(x, y, n, exponent)
    case .softsign: activation_softsign(x, y, n)
    case .softplus: activation_softplus(x, y, n)
    case .silu: activation_silu(x, y, n)
    case .mish: activation_mish(x, y, n)
    case .gelu: activation_gelu(x, y, n)
    case .geluByTanh: activation_gelu_by_tanh(x, y, n)
    case .normalCDF: normal_share(x, y, n)
    case .affine(let factor, let offset): scale_offset(x, factor, offset, y, n)
    case .clamp(let limits): CKernels.clamp(x, y, n, limits.lowerBound, limits.upperBound)
    case .elu(let scale, let alpha): activation_elu(x, y, n, scale, alpha)
    case .softmax, .logSoftmax: break  // along a dimension
    }
  }
}

extension BinaryOperation {
  fileprivate func run(
    _ a: UnsafePointer<Float>, _ aStrides: UnsafePointer<Int64>, _ b: UnsafePointer<Float>,
    _ bStrides: UnsafePointer<Int64>, _ y: UnsafeMutablePointer<Float>, _ sizes: UnsafePointer<Int64>, _ rank: Int32
  ) {
    switch self {
    case .add: binary_add(a, aStrides, b, bStrides, y, sizes, rank)
    case .subtract: binary_subtract(a, aStrides, b, bStrides, y, sizes, rank)
    case .multiply: binary_multiply(a, aStrides, b, bStrides, y, sizes, rank)
    case .divide: binary_divide(a, aStrides, b, bStrides, y, sizes, rank)
    case .maximum: binary_maximum(a, aStrides, b, bStrides, y, sizes, rank)
    case .minimum: binary_minimum(a, aStrides, b, bStrides, y, sizes, rank)
    case .maximumShare: binary_maximum_share(a, aStrides, b, bStrides, y, sizes, rank)
    case .power: binary_power(a, aStrides, b, bStrides, y, sizes, rank)
    case .mask: binary_mask(a, aStrides, b, bStrides, y, sizes, rank)
    case .less: binary_less(a, aStrides, b, bStrides, y, sizes, rank)
    case .lessOrEqual: binary_less_or_equal(a, aStrides, b, bStrides, y, sizes, rank)
    case .equal: binary_equal(a, aStrides, b, bStrides, y, sizes, rank)
    case .sigmoidGradient: binary_sigmoid_gradient(a, aStrides, b, bStrides, y, sizes, rank)
    case .tanhGradient: binary_tanh_gradient(a, aStrides, b, bStrides, y, sizes, rank)
    }
  }
}

extension GradientOperation {
  fileprivate func runInChunks(
    _ g: UnsafePointer<Float>, _ saved: UnsafePointer<Float>, _ d: UnsafeMutablePointer<Float>, _ n: Int
  ) {
    switch self {
    case .softmax(let layout):
      layout.inUnits { softmax_gradient_along(g, saved, d, layout, $0, $1) }
    case .logSoftmax(let layout):
      layout.inUnits { log_softmax_gradient_along(g, saved, d, layout, $0, $1) }
    default:
      inChunks(of: n) { run(g + $0.lowerBound, saved + $0.lowerBound, d + $0.lowerBound, $0.count) }
    }
  }

  private func run(
    _ g: UnsafePointer<Float>, _ saved: UnsafePointer<Float>, _ d: UnsafeMutablePointer<Float>, _ n: Int
  ) {
    switch self {
    case .relu: gradient_relu(g, saved, d, n)
    case .softsign: gradient_softsign(g, saved, d, n)
    case .softplus: gradient_softplus(g, saved, d, n)
    case .silu: gradient_silu(g, saved, d, n)
    case .mish: gradient_mish(g, saved, d, n)
    case .gelu: gradient_gelu(g, saved, d, n)
    case .geluByTanh: gradient_gelu_by_tanh(g, saved, d, n)
    case .clamp(let limits): gradient_clamp(g, saved, d, n, limits.lowerBound, limits.upperBound)
    case .elu(let scale, let alpha): gradient_elu(g, saved, d, n, scale, alpha)
    case .gate(let below, let above): CKernels.gate(g, saved, d, n, below, above)
    case .softmax, .logSoftmax: break  // along a dimension
    }
  }
}
