import CKernels
import COneDNN

/// Runs `body` with denormal numbers, those of magnitudes below 1.2·10⁻³⁸, replaced by 0, as operands and as results.
///
/// Float32 represents magnitudes down to 1.4·10⁻⁴⁵ with fewer and fewer digits, but many processors compute ten to a hundred times
/// slower with them. Deep nets whose activations or gradients vanish produce many: a step through ten thousand layers of random
/// weights is six to ten times as fast on one core of a Xeon when they are flushed (`benchmarks denormals`).
///
/// They are kept by default, as in PyTorch, since with flushing a vanishing gradient is exactly 0 some layers earlier. The setting is
/// that of the calling thread and of those that share its products, whose number must not change in `body`. A backward pass belongs
/// into the same scope as its forward pass; otherwise checkpoints may compute other values. Products of bfloat16 on processors with
/// AMX flush always.
public func withDenormalsFlushed<Result>(_ body: () throws -> Result) rethrows -> Result {
  guard !denormals_are_flushed() else { return try body() }
  onednn_on_each_thread({ _ in flush_denormals(true) }, nil)
  defer { onednn_on_each_thread({ _ in flush_denormals(false) }, nil) }
  return try body()
}
