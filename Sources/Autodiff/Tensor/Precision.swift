import CThreadState

/// How the elements of a tensor are stored. Arithmetic is in Float32, except products and convolutions of 16 bits where
/// `BFloat16Products` is native; sums are in Float32 everywhere.
///
/// Sources: Micikevicius et al., "Mixed precision training", 2017, arXiv:1710.03740; Kalamkar et al., "A study of BFLOAT16 for
/// deep learning training", 2019, arXiv:1905.12322.
public enum Precision: Int32, Sendable {
  /// 4 bytes: 24 significant bits, magnitudes from 1.2·10⁻³⁸ to 3.4·10³⁸.
  case float32
  /// 2 bytes: 8 significant bits, the magnitudes of float32.
  case bfloat16
  /// 2 bytes: 11 significant bits, magnitudes from 6.1·10⁻⁵ (6·10⁻⁸ with fewer bits) to 65,504. Small gradients become 0 unless
  /// the loss is scaled.
  case float16

  /// Bytes per element.
  public var bytes: Int { self == .float32 ? 4 : 2 }
}

/// Runs `body` with products and convolutions whose factors are rounded to `precision` and whose results are stored in it.
///
/// Element-wise operations on such results store theirs in it too; sums, norms, softmax and losses are in Float32. Parameters and
/// their gradients stay in Float32. The gradient with respect to a tensor has the tensor's precision.
public func withPrecision<Result>(_ precision: Precision, _ body: () throws -> Result) rethrows -> Result {
  let here = thread_state_here()
  let outer = here.pointee.precision
  here.pointee.precision = precision.rawValue
  defer { here.pointee.precision = outer }
  return try body()
}

/// Runs `body` without a tape and in Float32, whatever the scopes around it say: both in one, and inlined, for what is done at each
/// layer.
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

/// The precision of products in the scopes around the call.
package var precisionHere: Precision { Precision(rawValue: thread_state_here().pointee.precision)! }

extension Tensor {
  /// The same elements rounded to another precision, of the same shape. The gradient of this tensor is rounded to this tensor's
  /// precision.
  public func cast(to target: Precision) -> Tensor {
    guard target != precision else { return self }
    return record(castWithoutTape(to: target), from: self) { [node] gradient, pass in pass.add(gradient, to: node) }
  }

  /// As `cast(to:)`, but a new tensor is not on the tape.
  @inline(__always)
  package func castWithoutTape(to target: Precision) -> Tensor { target == precision ? self : converted(to: target) }
}
