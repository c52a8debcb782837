import CKernels

/// Memory for the elements of a tensor, 64-byte-aligned, from this thread's pool; several tensors may share it.
package final class Buffer {
  /// The elements, where they are Float32.
  package let pointer: UnsafeMutablePointer<Float>
  package let precision: Precision
  private let bytes: Int

  /// Memory for `count` elements, not cleared.
  package init(count: Int, precision: Precision = .float32) {
    bytes = count * precision.bytes
    self.precision = precision
    pointer = memory_take(bytes).assumingMemoryBound(to: Float.self)
  }

  /// The elements' bits, where they have 16.
  package var half: UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt16.self)
  }

  deinit { memory_give(pointer, bytes) }
}

/// A tensor's elements as Float32, for reading.
package struct Float32View {
  package let pointer: UnsafeMutablePointer<Float>

  /// Those of a buffer. Where they have 16 bits they are widened into memory that lives while the thread widens no more than
  /// seven others: longer than any operation needs.
  @inline(__always)
  init(_ buffer: Buffer, _ count: Int) {
    pointer = buffer.precision == .float32 ? buffer.pointer : Float32View.widened(buffer, count)
  }

  @inline(never)
  private static func widened(_ buffer: Buffer, _ count: Int) -> UnsafeMutablePointer<Float> {
    let wide = memory_take_scratch(count * MemoryLayout<Float>.size).assumingMemoryBound(to: Float.self)
    if buffer.precision == .bfloat16 {
      widen_bfloat16(buffer.half, wide, count)
    } else {
      widen_float16(buffer.half, wide, count)
    }
    return wide
  }
}

/// What tensors take of memory on the calling thread, in bytes.
public enum TensorMemory {
  /// Bytes in tensors that this thread has made and that are still alive.
  public static var inUse: Int { Int(memory_in_use()) }

  /// The largest value of `inUse` since the thread began or `resetPeak()` was called.
  public static var peak: Int { Int(memory_peak()) }

  /// Begins a new measurement of `peak`.
  public static func resetPeak() { memory_reset_peak() }

  /// Returns the memory that this thread keeps for its next tensors to the system, as far as no tensors lie between.
  public static func trim() { memory_trim() }
}
