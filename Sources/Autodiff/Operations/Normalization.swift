/// The mean and variance of each channel that `batchNorm` has used.
package struct Moments {
  /// The mean of each channel, [channels].
  package let mean: Tensor
  /// The mean squared distance from the mean, [channels].
  package let variance: Tensor
}

/// (x − mean) / √(variance + ε) · weight + bias, where mean and variance of each channel, the last dimension, are taken over all
/// other dimensions; and those moments, through which no gradient flows.
///
/// x [n, …, channels], weight and bias [channels], or nil for 1 and 0.
package func batchNorm(
  _ x: Tensor, weight: Tensor?, bias: Tensor?, epsilon: Float
) -> (output: Tensor, moments: Moments) {
  let columns = checkedColumns(x, weight, bias, "batch normalization"), rows = x.elementCount / max(columns, 1)
  guard rows > 0 else { stop("batch normalization", "there is nothing to take a mean of in the shape \(x.shape)") }
  let kernels = NormalizationKernels(rows: rows, columns: columns)
  let (mean, variance) = kernels.moments(of: x)
  let inverse = withoutGradients { 1 / (variance + epsilon).squareRoot() }
  let output = kernels.normalizeColumns(x, mean, inverse, weight, bias)
  let recorded = record(output, from: x, weight ?? x, bias) { gradient, pass in
    guard !tapeIsOn else {
      let all = Array(0..<x.shape.count - 1)
      return addGradients(gradient, x, weight, bias, pass, epsilon, over: all, centered: true, parameters: all)
    }
    add(kernels.columnsGradient(gradient, x, mean, inverse, weight), x, weight, bias, pass)
  }
  return (recorded, Moments(mean: mean, variance: variance))
}

/// (x − mean) / √(variance + ε) · weight + bias, where mean and variance are taken over the channels, the last
/// dimension, at each index of the others; without the mean, x / √(mean of x² + ε), where `centered` is false.
///
/// x [n, …, channels], weight and bias [channels], or nil for 1 and 0.
package func layerNorm(
  _ x: Tensor, weight: Tensor?, bias: Tensor?, epsilon: Float, centered: Bool
) -> Tensor {
  let columns = checkedColumns(x, weight, bias, centered ? "layer normalization" : "RMS normalization")
  let rows = x.elementCount / max(columns, 1)
  let kernels = NormalizationKernels(rows: rows, columns: columns)
  let (output, mean, inverse) = kernels.normalizeRows(x, weight, bias, epsilon: epsilon, centered: centered)
  return record(output, from: x, weight ?? x, bias) { gradient, pass in
    guard !tapeIsOn else {
      let all = Array(0..<x.shape.count - 1)
      return addGradients(gradient, x, weight, bias, pass, epsilon, over: [-1], centered: centered, parameters: all)
    }
    add(kernels.rowsGradient(gradient, x, mean, inverse, weight, centered: centered), x, weight, bias, pass)
  }
}

/// Adds what a kernel has computed.
private func add(
  _ gradients: NormalizationGradients, _ x: Tensor, _ weight: Tensor?, _ bias: Tensor?, _ pass: BackwardPass
) {
  pass.add(gradients.x, to: x)
  if let weight { pass.add(gradients.weight, to: weight) }
  if let bias { pass.add(gradients.bias, to: bias) }
}

/// The same gradients in operations that have gradients themselves: with n the normalized x and w its weighted gradient,
/// dx = (w − mean(w) − n mean(w n)) / √(variance + ε).
private func addGradients(
  _ g: Tensor, _ x: Tensor, _ weight: Tensor?, _ bias: Tensor?, _ pass: BackwardPass, _ epsilon: Float,
  over axes: [Int],
  centered: Bool, parameters: [Int]
) {
  func mean(_ t: Tensor) -> Tensor { t.mean(axes: axes, keepingDimensions: true) }
  let distance = centered ? x - mean(x) : x
  let deviation = (mean(distance.squared()) + epsilon).squareRoot()
  let normal = distance / deviation
  let weighted = weight.map { g * $0 } ?? g
  let parallel = weighted - normal * mean(weighted * normal)
  pass.add((centered ? parallel - mean(weighted) : parallel) / deviation, to: x)
  if let weight { pass.add((g * normal).sum(axes: parameters), to: weight) }
  if let bias { pass.add(g.sum(axes: parameters), to: bias) }
}

/// The number of channels, the last dimension. Stops the program unless weight and bias have as many elements.
package func checkedColumns(_ x: Tensor, _ weight: Tensor?, _ bias: Tensor?, _ operation: String) -> Int {
  guard x.shape.count >= 2, let columns = x.shape.last else {
    stop(operation, "a shape [n, …, channels] is needed, not \(x.shape)")
  }
  for parameter in [weight, bias] {
    if let parameter, parameter.shape != [columns] {
      stop(operation, x.shape, parameter.shape, "weight and bias have one element for each channel, the last dimension")
    }
  }
  return columns
}
