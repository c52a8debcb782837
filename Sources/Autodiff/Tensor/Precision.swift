import CKernels
import COneDNN
import CThreadState

/// How a tensor's elements are stored. Arithmetic is in Float32 all the same, but for products and convolutions of bfloat16,
/// whose factors a processor that can multiplies as they are; their sums are in Float32 everywhere.
///
/// Sources: Micikevicius et al., "Mixed precision training", 2017, arXiv:1710.03740; Kalamkar et al., "A study of BFLOAT16 for
/// deep learning training", 2019, arXiv:1905.12322.
public enum Precision: Int32, Sendable {
  /// 4 bytes: 24 significant bits, magnitudes from 1.2·10⁻³⁸ to 3.4·10³⁸.
  case float32
  /// 2 bytes: 8 significant bits, the magnitudes of float32.
  case bfloat16
  /// 2 bytes: 11 significant bits, magnitudes from 6.1·10⁻⁵ (6·10⁻⁸ with fewer digits) to 65,504. Small gradients become 0
  /// unless the loss is scaled.
  case float16

  /// Bytes an element.
  public var bytes: Int { self == .float32 ? 4 : 2 }

  /// Whether this processor multiplies numbers that are stored so as they are. Others are widened to Float32 first, which gives
  /// the same products and saves memory, but no time.
  public var isMultipliedDirectly: Bool {
    switch self {
    case .float32: true
    case .bfloat16: onednn_how_bfloat16() == onednn_multiplies_bfloat16
    case .float16: false
    }
  }
}

/// Whether oneDNN takes factors in bfloat16 here.
let takesBfloat16 = onednn_how_bfloat16() != onednn_refuses_bfloat16

/// Runs `body` with products and convolutions whose factors are rounded to `precision` and whose results are stored so.
///
/// What is computed from such a result element by element is stored so too; sums, norms, softmax and losses are in Float32.
/// Parameters stay in Float32, and so do their gradients. A gradient with respect to a tensor is stored as the tensor is.
public func withPrecision<Result>(_ precision: Precision, _ body: () throws -> Result) rethrows -> Result {
  let here = thread_state_here()
  let outer = here.pointee.precision
  here.pointee.precision = precision.rawValue
  defer { here.pointee.precision = outer }
  return try body()
}

/// Runs `body` without a tape and in Float32, whatever is around it: both in one, and inlined, for what is done at each layer.
@inlinable
package func withoutTape(_ body: () -> Void) {
  let here = thread_state_here()
  let outer = here.pointee.precision
  here.pointee.precision = Precision.float32.rawValue
  here.pointee.gradients_off += 1
  body()
  here.pointee.gradients_off -= 1
  here.pointee.precision = outer
}

/// The precision that products have here and now.
package var precisionHere: Precision { Precision(rawValue: thread_state_here().pointee.precision)! }

extension Tensor {
  /// The same numbers rounded to another precision. Its gradient is handed back in this tensor's precision.
  public func cast(to target: Precision) -> Tensor {
    guard target != precision else { return self }
    return record(castWithoutTape(to: target), from: self) { [place = node] gradient, pass in
      pass.add(gradient, to: place)
    }
  }

  /// As `cast(to:)`, but what is new is not on the tape.
  @inline(__always)
  package func castWithoutTape(to target: Precision) -> Tensor { target == precision ? self : converted(to: target) }

  @inline(never)
  private func converted(to target: Precision) -> Tensor {
    let count = elementCount
    let output = Buffer(count: count, precision: target)
    let floats = buffer.pointer
    switch target {
    case .float32: output.pointer.update(from: floats, count: count)
    case .bfloat16: narrow_to_bfloat16(floats, output.half, count)
    case .float16: narrow_to_float16(floats, output.half, count)
    }
    return Tensor(shape: shape, buffer: output)
  }
}
