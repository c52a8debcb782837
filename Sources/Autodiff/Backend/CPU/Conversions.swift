import CKernels

extension Tensor {
  /// Calls `body` with the elements as Float32, for reading. Elements of 16 bits are widened into memory that is released when
  /// `body` returns.
  @inline(__always)
  func withFloat32<Result>(_ body: (UnsafePointer<Float>) throws -> Result) rethrows -> Result {
    let wide = storage.precision == .float32 ? nil : widenedBuffer()
    defer {
      withExtendedLifetime(wide) {}
      withExtendedLifetime(self) {}
    }
    return try body(UnsafePointer(wide?.pointer ?? storage.pointer))
  }

  /// The elements in another precision, in new memory.
  @inline(never)
  func converted(to target: Precision) -> Tensor {
    guard target != .float32 else { return Tensor(shape: shape, buffer: widenedBuffer()) }
    let count = elementCount
    let output = Buffer(shape: shape, precision: target)
    let narrow = target == .bfloat16 ? narrow_to_bfloat16 : narrow_to_float16
    withFloat32 { x in
      inChunks(of: count) { narrow(x + $0.lowerBound, output.half + $0.lowerBound, $0.count) }
    }
    return Tensor(shape: shape, buffer: output)
  }

  /// The elements, which have 16 bits, as Float32.
  @inline(never)
  private func widenedBuffer() -> Buffer {
    let wide = Buffer(shape: shape)
    let widen = precision == .bfloat16 ? widen_bfloat16 : widen_float16
    inChunks(of: elementCount) { widen(storage.half + $0.lowerBound, wide.pointer + $0.lowerBound, $0.count) }
    return wide
  }

  /// The elements rounded to bfloat16 and stored as Float32, in one pass: the values of `cast(to: .bfloat16).cast(to: .float32)`.
  func roundedToBFloat16() -> Tensor {
    let output = Buffer(shape: shape)
    withFloat32 { x in
      inChunks(of: elementCount) { round_to_bfloat16(x + $0.lowerBound, output.pointer + $0.lowerBound, $0.count) }
    }
    return Tensor(shape: shape, buffer: output)
  }
}

/// As `withFloat32`, of two tensors.
@inline(__always)
func withFloat32<Result>(
  _ first: Tensor, _ second: Tensor, _ body: (UnsafePointer<Float>, UnsafePointer<Float>) throws -> Result
) rethrows -> Result {
  try first.withFloat32 { first in try second.withFloat32 { second in try body(first, second) } }
}

/// As `withFloat32`, of a tensor that may be missing.
@inline(__always)
func withFloat32<Result>(
  _ tensor: Tensor?, _ body: (UnsafePointer<Float>?) throws -> Result
) rethrows -> Result {
  guard let tensor else { return try body(nil) }
  return try tensor.withFloat32 { try body($0) }
}
