import COneDNN
import Foundation

/// The floor: the matrix products of a step of `mlp`'s nets and nothing else, three for each layer of width × width.
func products(threads: Int, _ report: (Measurement) -> Void) {
  for (depth, width, batch) in multilayerSizes {
    let weights = (0..<depth).map { _ in memory(width * width) }
    let gradients = (0..<depth).map { _ in memory(width * width) }
    let activations = (0...depth).map { _ in memory(width * batch) }
    defer { for block in weights + gradients + activations { block.deallocate() } }
    let (n, w) = (Int64(batch), Int64(width))
    var forward = product(n, w, w, false, true)
    var toInput = product(n, w, w, false, false)
    var toWeight = product(w, n, w, true, false)
    let cost = Double(depth * width * width * batch) / Double(50 * 64 * 64 * 64)
    let milliseconds = bestMilliseconds(cost: cost) {
      for layer in 0..<depth {
        onednn_multiply(&forward, activations[layer], weights[layer], nil, activations[layer + 1])
      }
      for layer in (0..<depth).reversed() {
        onednn_multiply(&toWeight, activations[layer + 1], activations[layer], nil, gradients[layer])
        onednn_multiply(&toInput, activations[layer + 1], weights[layer], nil, activations[layer])
      }
    }
    report(Measurement(workload: "products-\(depth)x\(width)x\(batch)", threads: threads, milliseconds: milliseconds))
  }
}

private func memory(_ count: Int) -> UnsafeMutablePointer<Float> {
  let block = UnsafeMutableRawPointer.allocate(byteCount: 4 * count, alignment: 64).bindMemory(
    to: Float.self, capacity: count)
  // Small, and not 0, so that no product grows beyond what floating point holds however often it is repeated.
  block.initialize(repeating: 1e-3, count: count)
  return block
}

private func product(
  _ rows: Int64, _ inner: Int64, _ columns: Int64, _ transposeLeft: Bool, _ transposeRight: Bool
) -> onednn_product {
  onednn_product(
    batches: 1, rows: rows, inner: inner, columns: columns, a_transposed: transposeLeft, b_transposed: transposeRight,
    a_type: onednn_float32, b_type: onednn_float32, c_type: onednn_float32)
}
