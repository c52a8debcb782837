import COneDNN

/// A product of matrices, or `batches` of them: op(a) [rows, inner] and op(b) [inner, columns].
struct MatrixProduct {
  let batches, rows, inner, columns: Int
  let transposeLeft, transposeRight: Bool

  /// op(left) op(right) + bias by oneDNN, of the given shape and precision; not on the tape. No size is 0.
  ///
  /// Factors of 16 bits are multiplied and the result is stored so, where `BFloat16Products` is native; all else is computed in
  /// Float32.
  func callAsFunction(
    _ left: Tensor, _ right: Tensor, plus bias: Tensor?, shape: Shape, as result: Precision
  ) -> Tensor {
    let isNative = left.precision == right.precision && left.precision.isMultipliedNatively
    let factor: Precision = isNative ? left.precision : .float32
    let stored: Precision = result == factor ? factor : .float32
    let output = Buffer(shape: shape, precision: stored)
    // What it is the product for is discarded.
    if isAbandoned {
      output.clear()
      return Tensor(shape: shape, buffer: output).castWithoutTape(to: result)
    }
    var product = onednn_product(
      batches: Int64(batches), rows: Int64(rows), inner: Int64(inner), columns: Int64(columns),
      a_transposed: transposeLeft, b_transposed: transposeRight, a_type: factor.forOneDNN,
      b_type: factor.forOneDNN,
      c_type: stored.forOneDNN)
    let code = left.withFactor(isNative) { left in
      right.withFactor(isNative) { right in
        withFloat32(bias) { onednn_multiply(&product, left, right, $0, output.pointer) }
      }
    }
    guard code == 0 else {
      stop(
        "matmul", left.shape, right.shape, "oneDNN can't compute this product: \(String(cString: onednn_reason(code)))")
    }
    return Tensor(shape: shape, buffer: output).castWithoutTape(to: result)
  }
}

extension Tensor {
  /// The elements as a factor of a product: as they are stored, or as Float32.
  @inline(__always)
  func withFactor<Result>(_ asStored: Bool, _ body: (UnsafeRawPointer) -> Result) -> Result {
    asStored
      ? withExtendedLifetime(self) { body(UnsafeRawPointer(storage.pointer)) }
      : withFloat32 { body(UnsafeRawPointer($0)) }
  }

  /// This tensor as a factor of several products in `precision`: rounded to it, and stored so where products are native,
  /// otherwise as Float32, so that none of the products need widen it again. Not on the tape.
  func factor(in precision: Precision) -> Tensor {
    guard precision != .float32, !precision.isMultipliedNatively else {
      return castWithoutTape(to: precision)
    }
    guard self.precision == .float32 else {
      return (self.precision == precision ? self : castWithoutTape(to: precision)).castWithoutTape(to: .float32)
    }
    return precision == .bfloat16 ? roundedToBFloat16() : castWithoutTape(to: precision).castWithoutTape(to: .float32)
  }
}

/// Sets how many threads the operations of the calling thread may use. Stops the program if `count` is below 1.
///
/// At first it is the smallest of the processors that this process may run on, the quota of its control group, and the environment
/// variables OMP_NUM_THREADS and SLURM_CPUS_PER_TASK. Products of less than 34 million operations, 2 · rows · inner · columns, and
/// other operations on up to 65,536 elements run on one thread, since waking up others takes longer. Results have the same bits for any
/// number. Threads without work sleep, unless OMP_WAIT_POLICY is set.
public func useThreads(_ count: Int) {
  guard count >= 1, count <= Int(Int32.max) else { stop("useThreads", "\(count) threads, it must be 1 or more") }
  onednn_use_threads(Int32(count))
}

/// The number of threads that the operations of the calling thread may use.
package var threadCount: Int { Int(onednn_threads()) }
