import CKernels

/// Memory for the elements of a tensor, aligned to 64 bytes, from the thread's pool. Several tensors may share one buffer.
package final class Buffer {
  /// The elements, where they are Float32.
  package let pointer: UnsafeMutablePointer<Float>
  package let precision: Precision
  private let bytes: Int

  /// Memory for the elements of a tensor, not initialized. Stops the program if there is none.
  package convenience init(shape: Shape, precision: Precision = .float32) {
    self.init(count: shape.elementCount, precision) { shape }
  }

  /// Memory for `count` elements, not initialized. Stops the program if there is none.
  package convenience init(count: Int, precision: Precision = .float32) {
    self.init(count: count, precision) { [count] }
  }

  @inline(__always)
  private init(count: Int, _ precision: Precision, shape: () -> Shape) {
    bytes = count * precision.bytes
    self.precision = precision
    guard let memory = memory_take(bytes) else {
      stopWithoutMemory(bytes: bytes, for: "a tensor of shape \(shape())")
    }
    pointer = memory.assumingMemoryBound(to: Float.self)
  }

  /// The bits of the elements, where they have 16.
  package var half: UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt16.self)
  }

  /// Sets the first `count` elements, which are Float32, to one value.
  func fill(with value: Float, count: Int) { CKernels.fill(value, pointer, count) }

  /// Sets all bytes to 0.
  func clear() { UnsafeMutableRawPointer(pointer).initializeMemory(as: UInt8.self, repeating: 0, count: bytes) }

  deinit { memory_give(pointer, bytes) }
}

/// Stops the program since there is no memory for `what`.
@inline(never)
func stopWithoutMemory(bytes: Int, for what: String) -> Never {
  stop(
    "out of memory",
    "\(what) needs \(bytes) bytes, and the tensors of this thread hold \(TensorMemory.inUse); use a smaller batch size, or keep "
      + "fewer activations by `checkpointed { }` around blocks of the model")
}

/// The memory that tensors of the calling thread use, in bytes.
public enum TensorMemory {
  /// Bytes of the tensors that this thread has made and that are still alive.
  public static var inUse: Int { Int(memory_in_use()) }

  /// The largest value of `inUse` since the thread began or `resetPeak()` was called.
  public static var peak: Int { Int(memory_peak()) }

  /// Sets `peak` to `inUse`, to begin a new measurement.
  public static func resetPeak() { memory_reset_peak() }

  /// Returns the memory that this thread keeps for its next tensors to the system, except where tensors in use lie in between.
  public static func trim() { memory_trim() }
}
