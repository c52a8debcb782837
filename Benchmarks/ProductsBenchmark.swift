import COneDNN
import Foundation

/// The lower bound: the matrix products of a step and nothing else. `products` has three per layer of width × width;
/// `products-of-net` has those of the net of `mlp`, whose first layer has 784 inputs and whose last has 10 outputs.
func products(threads: Int, _ report: (Measurement) -> Void) {
  for (depth, width, batch) in multilayerSizes {
    let cost = Double(depth * width * width * batch) / Double(50 * 64 * 64 * 64)
    let equal = [Int](repeating: width, count: depth + 1)
    for (name, widths) in [("products", equal), ("products-of-net", [784] + equal.dropLast(2) + [10])] {
      let milliseconds = productsOnly(widths, batch, passesToInput: name == "products", cost: cost)
      report(Measurement(workload: "\(name)-\(depth)x\(width)x\(batch)", threads: threads, milliseconds: milliseconds))
    }
  }
}

/// The products of layers between these widths: forward, to the weight, and to the input; to the first layer's input if asked for.
private func productsOnly(_ widths: [Int], _ batch: Int, passesToInput: Bool, cost: Double) -> Double {
  let n = Int64(batch), depth = widths.count - 1
  // Every layer preserves the magnitude of its input, since denormal numbers may take longer.
  let weights = (0..<depth).map { memory(widths[$0] * widths[$0 + 1], of: 1 / Float(widths[$0])) }
  let gradients = (0..<depth).map { memory(widths[$0] * widths[$0 + 1], of: 0) }
  let activations = widths.map { memory($0 * batch, of: 1) }
  defer { for block in weights + gradients + activations { block.deallocate() } }
  let sizes = widths.map(Int64.init)
  var forward = (0..<depth).map { product(n, sizes[$0], sizes[$0 + 1], false, true) }
  var toInput = (0..<depth).map { product(n, sizes[$0 + 1], sizes[$0], false, false) }
  var toWeight = (0..<depth).map { product(sizes[$0 + 1], n, sizes[$0], true, false) }
  return bestMilliseconds(cost: cost) {
    for layer in 0..<depth {
      onednn_multiply(&forward[layer], activations[layer], weights[layer], nil, activations[layer + 1])
    }
    for layer in (0..<depth).reversed() {
      onednn_multiply(&toWeight[layer], activations[layer + 1], activations[layer], nil, gradients[layer])
      guard layer > 0 || passesToInput else { continue }
      onednn_multiply(&toInput[layer], activations[layer + 1], weights[layer], nil, activations[layer])
    }
  }
}

private func memory(_ count: Int, of value: Float) -> UnsafeMutablePointer<Float> {
  let block = UnsafeMutableRawPointer.allocate(byteCount: 4 * count, alignment: 64).bindMemory(
    to: Float.self, capacity: count)
  block.initialize(repeating: value, count: count)
  return block
}

private func product(
  _ rows: Int64, _ inner: Int64, _ columns: Int64, _ transposeLeft: Bool, _ transposeRight: Bool
) -> onednn_product {
  onednn_product(
    batches: 1, rows: rows, inner: inner, columns: columns, a_transposed: transposeLeft, b_transposed: transposeRight,
    a_type: onednn_float32, b_type: onednn_float32, c_type: onednn_float32)
}
