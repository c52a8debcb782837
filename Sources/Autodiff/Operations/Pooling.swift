/// The largest element of each window of an image, per channel.
///
/// x [n, height, width, channels] to [n, height′, width′, channels], height′ = ⌊(height + 2 padding − kernelSize) / stride⌋ + 1.
/// The stride is `kernelSize` by default, the padding 0; elements beyond the edge are left out. The gradient goes to the largest
/// element, the first of equals. A NaN counts as the largest.
///
/// Stops the program if x has other than four dimensions, the kernel is larger than the padded image, or the padding exceeds
/// half the kernel.
///
/// Source: Yamaguchi et al., "A neural network for speaker-independent isolated word recognition", 1990.
public func maxPool(_ x: Tensor, kernelSize: Int, stride: Int? = nil, padding: Int = 0) -> Tensor {
  let (values, indices) = PoolingShape("maxPool", x.shape, kernelSize, stride, padding).largest(of: x)
  return record(values, from: x) { gradient, pass in pass.add(scattered(gradient, indices, to: x.shape), to: x) }
}

/// The mean of each window of an image, per channel; elements beyond the edge count as 0.
///
/// x [n, height, width, channels] to [n, height′, width′, channels], height′ = ⌊(height + 2 padding − kernelSize) / stride⌋ + 1.
/// The stride is `kernelSize` by default, the padding 0.
///
/// Stops the program if x has other than four dimensions, the kernel is larger than the padded image, or the padding exceeds
/// half the kernel.
///
/// Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998.
public func averagePool(_ x: Tensor, kernelSize: Int, stride: Int? = nil, padding: Int = 0) -> Tensor {
  averagePool(x, PoolingShape("averagePool", x.shape, kernelSize, stride, padding))
}

private func averagePool(_ x: Tensor, _ pooling: PoolingShape) -> Tensor {
  record(pooling.mean(of: x), from: x) { [node = x.node] gradient, pass in pass.add(spread(gradient, pooling), to: node)
  }
}

/// The transpose of `averagePool`.
private func spread(_ y: Tensor, _ pooling: PoolingShape) -> Tensor {
  record(pooling.spread(y), from: y) { [node = y.node] gradient, pass in
    pass.add(averagePool(gradient, pooling), to: node)
  }
}

/// The mean of each channel over the whole image: [n, height, width, channels] to [n, channels]. Stops the program if x has
/// other than four dimensions.
public func globalAveragePool(_ x: Tensor) -> Tensor {
  guard x.shape.count == 4 else {
    stop("globalAveragePool", "images [n, height, width, channels] are needed, not the shape \(x.shape)")
  }
  return x.mean(axes: [1, 2])
}

extension PoolingShape {
  /// Stops the program, in the name of `operation`, unless x is images that a kernel of this size fits into.
  fileprivate init(_ operation: String, _ x: Shape, _ kernelSize: Int, _ stride: Int?, _ padding: Int) {
    let stride = stride ?? kernelSize
    guard x.count == 4 else { stop(operation, "images [n, height, width, channels] are needed, not the shape \(x)") }
    guard kernelSize >= 1, stride >= 1, padding >= 0, padding <= kernelSize / 2, max(kernelSize, stride) <= Int32.max
    else {
      stop(
        operation,
        "kernelSize \(kernelSize), stride \(stride), padding \(padding): at least 1, 1 and 0 are needed, and at most half "
          + "a kernel of padding")
    }
    let high = x[1] + 2 * padding - kernelSize, wide = x[2] + 2 * padding - kernelSize
    guard high >= 0, wide >= 0, x[1] > 0, x[2] > 0 else {
      stop(operation, "a kernel of \(kernelSize) × \(kernelSize) doesn't fit into images of shape \(x)")
    }
    guard x.elementCount <= Int32.max else { stop(operation, "\(x) has more elements than can be numbered") }
    self.init(
      input: x, output: [x[0], high / stride + 1, wide / stride + 1, x[3]], kernelSize: kernelSize, stride: stride,
      padding: padding)
  }
}
