import CKernels

/// Memory for the elements of a tensor, 64-byte-aligned, from this thread's pool; several tensors may share it.
package final class Buffer {
  package let pointer: UnsafeMutablePointer<Float>
  private let bytes: Int

  /// Memory for `count` elements, not cleared.
  package init(count: Int) {
    bytes = count * MemoryLayout<Float>.size
    pointer = memory_take(bytes).assumingMemoryBound(to: Float.self)
  }

  deinit { memory_give(pointer, bytes) }
}

/// What tensors take of memory on the calling thread, in bytes.
public enum TensorMemory {
  /// Bytes in tensors that this thread has made and that are still alive.
  public static var inUse: Int { Int(memory_in_use()) }

  /// The largest value of `inUse` since the thread began or `resetPeak()` was called.
  public static var peak: Int { Int(memory_peak()) }

  /// Begins a new measurement of `peak`.
  public static func resetPeak() { memory_reset_peak() }

  /// Returns the memory that this thread keeps for its next tensors to the system.
  public static func trim() { memory_trim() }
}
