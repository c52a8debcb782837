import COneDNN

// What this machine can do.

/// Whether oneDNN computes with factors in bfloat16 here.
let takesBFloat16 = onednn_takes_bfloat16()

/// Whether oneDNN computes with factors in float16 here: from its version 3 on, on processors with AVX512-FP16.
let takesFloat16 = onednn_takes_float16()

/// Whether this processor belongs to a family on which bfloat16 is multiplied natively by default: those with AMX, and AMD's with
/// AVX512-BF16.
let prefersNativeBFloat16 = onednn_prefers_bfloat16()

extension Precision {
  /// Whether oneDNN multiplies factors of 16 bits as they are stored: where `BFloat16Products` is native and it computes so.
  var isMultipliedNatively: Bool {
    switch self {
    case .float32: false
    case .bfloat16: BFloat16Products.areNative
    case .float16: BFloat16Products.areNative && takesFloat16
    }
  }

  /// The type of the same numbers in oneDNN.
  var forOneDNN: onednn_type {
    switch self {
    case .float32: onednn_float32
    case .bfloat16: onednn_bfloat16
    case .float16: onednn_float16
    }
  }
}
