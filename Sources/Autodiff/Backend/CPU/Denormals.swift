import CKernels
import COneDNN

/// Runs `body` with numbers nearer to 0 than Float32's least normal one, 1.2·10⁻³⁸, taken as 0, as operands and as results.
///
/// Float32 goes on below that with fewer and fewer digits, down to 1.4·10⁻⁴⁵, but many processors need ten to a hundred times as
/// long for such numbers. Deep nets whose activations or gradients fade make many of them: with random weights, a step through ten
/// thousand layers is six to ten times as fast on one core of a Xeon when they are flushed (`benchmarks denormals`).
///
/// They are kept by default, as in PyTorch, since flushing moves what is to be seen: a gradient that fades is then exactly 0 some
/// layers earlier. It holds for the calling thread, and for those that share its products, whose number is not to be changed in
/// `body`. A pass back belongs into the same scope as its pass forward, or what checkpoints compute again may differ. Products of
/// bfloat16 on processors with tiles for them are flushed anyway.
public func withDenormalsFlushed<Result>(_ body: () throws -> Result) rethrows -> Result {
  guard !denormals_are_flushed() else { return try body() }
  onednn_on_each_thread({ _ in flush_denormals(true) }, nil)
  defer { onednn_on_each_thread({ _ in flush_denormals(false) }, nil) }
  return try body()
}
