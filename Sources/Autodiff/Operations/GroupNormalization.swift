/// (x − mean) / √(variance + ε) · weight + bias, where mean and variance of each sample are taken over all positions and the channels
/// of a group: the channels, the last dimension, are divided into `groups` runs.
///
/// x [n, …, channels], weight and bias [channels], or nil for 1 and 0. Stops the program unless the number of channels is a multiple
/// of `groups`. Warns, once per module, if a group has one value.
package func groupNorm(_ x: Tensor, groups: Int, weight: Tensor?, bias: Tensor?, epsilon: Float) -> Tensor {
  let channels = checkedColumns(x, weight, bias, "group normalization")
  guard groups >= 1, channels % groups == 0 else {
    stop("group normalization", "\(channels) channels can't be divided into \(groups) groups")
  }
  let count = x.shape[0], size = channels / groups
  let positions = x.shape.dropFirst().dropLast().reduce(1, *)
  if positions * size == 1, count > 0 {
    warnOnce(
      "group normalization",
      "a group of the shape \(x.shape) has one value, so the output is the bias and x has no gradient; use fewer groups, or "
        + "inputs with more positions")
  }
  // Each group of a sample as a row.
  let rows = x.reshaped([count, positions, groups, size]).transposed(0, 2, 1, 3)
    .reshaped([count * groups, positions * size])
  let normal = layerNorm(rows, weight: nil, bias: nil, epsilon: epsilon, centered: true)
    .reshaped([count, groups, positions, size]).transposed(0, 2, 1, 3).reshaped(x.shape)
  let weighted = weight.map { normal * $0 } ?? normal
  return bias.map { weighted + $0 } ?? weighted
}
