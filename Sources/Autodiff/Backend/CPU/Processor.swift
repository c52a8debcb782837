import COneDNN

// What this machine can do.

/// Whether oneDNN computes with factors in bfloat16 here.
let takesBFloat16 = onednn_takes_bfloat16()

/// Whether this processor belongs to a family on which bfloat16 is multiplied natively by default: those with AMX, and AMD's with
/// AVX512-BF16.
let prefersNativeBFloat16 = onednn_prefers_bfloat16()
