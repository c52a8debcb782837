import CKernels

/// What `batchNorm` and `layerNorm` subtract and divide by.
package struct Moments {
  /// The mean of each column or row.
  package let mean: Tensor
  /// The mean squared distance from it.
  package let variance: Tensor
}

/// (x − mean) / √(variance + ε) · weight + bias, where mean and variance of each channel, the last dimension, are taken over all
/// other dimensions; and those moments, through which no gradient is to flow again.
///
/// x [n, …, channels], weight and bias [channels], or nil for 1 and 0.
package func batchNorm(
  _ x: Tensor, weight: Tensor?, bias: Tensor?, epsilon: Float
) -> (output: Tensor, moments: Moments) {
  let columns = checkedColumns(x, weight, bias, "batch normalization"), rows = x.elementCount / max(columns, 1)
  guard rows > 0 else { stop("batch normalization", "there is nothing to take a mean of in the shape \(x.shape)") }
  let mean = Buffer(count: columns), variance = Buffer(count: columns), work = Buffer(count: 8 * columns)
  column_moments(x.buffer.pointer, rows, columns, mean.pointer, variance.pointer, work.doubles)
  let moments = Moments(
    mean: Tensor(shape: [columns], buffer: mean), variance: Tensor(shape: [columns], buffer: variance))
  let inverse = withoutGradients { 1 / (moments.variance + epsilon).squareRoot() }
  let output = Buffer(count: x.elementCount)
  normalize_columns(
    x.buffer.pointer, rows, columns, mean.pointer, inverse.buffer.pointer, weight?.buffer.pointer,
    bias?.buffer.pointer, output.pointer)
  let made = record(Tensor(shape: x.shape, buffer: output), from: x, weight ?? x, bias) { gradient, pass in
    let all = Array(0..<x.shape.count - 1)
    guard !tapeIsOn else {
      return addGradients(gradient, x, weight, bias, pass, epsilon, over: all, centered: true, parameters: all)
    }
    let made = (Buffer(count: x.elementCount), Buffer(count: columns), Buffer(count: columns))
    let work = Buffer(count: 8 * columns)
    normalize_columns_gradient(
      gradient.buffer.pointer, x.buffer.pointer, rows, columns, mean.pointer, inverse.buffer.pointer,
      weight?.buffer.pointer, made.0.pointer, made.1.pointer, made.2.pointer, work.doubles)
    add(made, x, weight, bias, pass)
  }
  return (made, moments)
}

/// (x − mean) / √(variance + ε) · weight + bias, where mean and variance are those of each place's channels, the last
/// dimension; without the mean, x / √(mean of x² + ε), where `centered` is false.
///
/// x [n, …, channels], weight and bias [channels], or nil for 1 and 0.
package func layerNorm(
  _ x: Tensor, weight: Tensor?, bias: Tensor?, epsilon: Float, centered: Bool
) -> Tensor {
  let columns = checkedColumns(x, weight, bias, centered ? "layer normalization" : "RMS normalization")
  let rows = x.elementCount / max(columns, 1)
  let mean = Buffer(count: rows), inverse = Buffer(count: rows), output = Buffer(count: x.elementCount)
  normalize_rows(
    x.buffer.pointer, rows, columns, centered ? 1 : 0, epsilon, weight?.buffer.pointer, bias?.buffer.pointer,
    output.pointer, mean.pointer, inverse.pointer)
  return record(Tensor(shape: x.shape, buffer: output), from: x, weight ?? x, bias) { gradient, pass in
    guard !tapeIsOn else {
      let all = Array(0..<x.shape.count - 1)
      return addGradients(gradient, x, weight, bias, pass, epsilon, over: [-1], centered: centered, parameters: all)
    }
    let made = (Buffer(count: x.elementCount), Buffer(count: columns), Buffer(count: columns))
    let work = Buffer(count: 8 * columns)
    normalize_rows_gradient(
      gradient.buffer.pointer, x.buffer.pointer, rows, columns, centered ? 1 : 0, mean.pointer, inverse.pointer,
      weight?.buffer.pointer, made.0.pointer, made.1.pointer, made.2.pointer, work.doubles)
    add(made, x, weight, bias, pass)
  }
}

/// Adds what a kernel has made: the gradients of x, weight and bias.
private func add(
  _ made: (Buffer, Buffer, Buffer), _ x: Tensor, _ weight: Tensor?, _ bias: Tensor?, _ pass: BackwardPass
) {
  pass.add(Tensor(shape: x.shape, buffer: made.0), to: x)
  if let weight { pass.add(Tensor(shape: weight.shape, buffer: made.1), to: weight) }
  if let bias { pass.add(Tensor(shape: bias.shape, buffer: made.2), to: bias) }
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

/// The number of channels, the last dimension. Stops unless weight and bias have as many elements.
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

extension Buffer {
  /// The memory as half as many numbers of Float64.
  fileprivate var doubles: UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Double.self)
  }
}
