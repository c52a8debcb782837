import CThreadState
import Foundation
import Support

/// How products and convolutions of tensors in bfloat16 and float16 are computed. Sums are in Float32 either way.
///
/// `native` holds for float16 where oneDNN computes in it, from its version 3 on and on processors with AVX512-FP16; elsewhere float16 is
/// widened.
///
/// The default depends on the processor's family alone, never on a measurement, so that a run can be repeated bit by bit:
/// native on processors with AMX (Intel Xeon since 2023) and on those of AMD with AVX512-BF16 (since Zen 4), widened on all
/// others. The environment variable `RHEOSCOPE_BFLOAT16`, `native` or `widened`, sets another default for a process; `current`
/// and `withBFloat16Products` set it in code. The two differ in the last digits, so recorders store the setting in the metadata of
/// a run, as `bfloat16_products`.
public enum BFloat16Products: String, Sendable, CaseIterable {
  /// oneDNN multiplies the factors as they are stored, by instructions for them where the processor has some.
  case native
  /// The factors are widened to Float32, multiplied there, and the results are rounded: half the memory of Float32,
  /// at its speed.
  case widened

  /// The environment variable that sets the default of a process.
  public static let environmentVariable = "RHEOSCOPE_BFLOAT16"

  /// The default of this processor's family.
  public static var defaultOfProcessor: BFloat16Products { prefersNativeBFloat16 ? .native : .widened }

  /// Whether oneDNN can compute so on this processor; `widened` always is.
  public var isAvailable: Bool { self == .widened || takesBFloat16 }

  /// The setting of the calling thread; at first the default of the process. Stops the program when set to `native` on a
  /// processor for which oneDNN does not compute in bfloat16.
  public static var current: BFloat16Products {
    get {
      switch thread_state_here().pointee.bfloat16_products {
      case 1: .native
      case 2: .widened
      default: defaultOfProcess
      }
    }
    set {
      guard newValue.isAvailable else {
        stop("BFloat16Products", "oneDNN does not compute in bfloat16 on this processor; `widened` is possible")
      }
      thread_state_here().pointee.bfloat16_products = newValue == .native ? 1 : 2
    }
  }

  /// Whether the calling thread's setting is `native`.
  static var areNative: Bool { current == .native }

  /// The default of the processor or of the environment variable; a value that can't be used is reported once.
  private static let defaultOfProcess: BFloat16Products = {
    let (products, problem) = chosen(by: ProcessInfo.processInfo.environment[environmentVariable])
    if let problem { warnOnStandardError(problem) }
    return products
  }()

  /// The default of a process whose environment variable has this value, and what is wrong with the value.
  package static func chosen(by value: String?) -> (products: BFloat16Products, problem: String?) {
    let fallback = defaultOfProcessor
    guard let value, !value.isEmpty else { return (fallback, nil) }
    let rest = "\(fallback.rawValue), the default of this processor, is used"
    guard let wanted = BFloat16Products(rawValue: value) else {
      return (fallback, "\(environmentVariable) is “\(value)”, it must be native or widened; \(rest)")
    }
    guard wanted.isAvailable else {
      return (
        fallback, "\(environmentVariable) is native, but oneDNN does not compute in bfloat16 on this processor; \(rest)"
      )
    }
    return (wanted, nil)
  }
}

/// Runs `body` with products of bfloat16 computed in one way, on the calling thread. A backward pass belongs into the same scope
/// as its forward pass. Stops the program where the way is not available on this processor.
public func withBFloat16Products<Result>(
  _ products: BFloat16Products, _ body: () throws -> Result
) rethrows -> Result {
  let here = thread_state_here(), outer = here.pointee.bfloat16_products
  BFloat16Products.current = products
  defer { here.pointee.bfloat16_products = outer }
  return try body()
}
