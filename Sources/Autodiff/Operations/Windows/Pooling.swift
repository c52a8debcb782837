/// The largest element of each window of images or sequences, per channel.
///
/// x [n, height, width, channels] to [n, height′, width′, channels], height′ = ⌊(height + padding above and below − dilation
/// (kernelSize − 1) − 1) / stride⌋ + 1, or [n, length, channels] to [n, length′, channels]. With `ceilMode` it is rounded up, unless the
/// last window would begin beyond the image and its padding above. The stride is `kernelSize` by default, dilation 1, padding 0; elements
/// beyond the edge are left out. The gradient goes to the largest element, the first of equals. A NaN counts as the largest.
///
/// Kernel, stride, dilation and padding are numbers for all axes, or have one number per axis; padding may differ by side, or be `.same`.
///
/// Stops the program if x has other than three or four dimensions, the kernel is larger than the padded image, or a window may lie
/// beyond the edge.
///
/// Source: Yamaguchi et al., "A neural network for speaker-independent isolated word recognition", 1990.
public func maxPool(
  _ x: Tensor, kernelSize: any AxisSizes, stride: (any AxisSizes)? = nil, dilation: any AxisSizes = 1,
  padding: any WindowPadding = 0, ceilMode: Bool = false
) -> Tensor {
  maxPool(x, Window("maxPool", pooling: x.shape, kernelSize, stride, dilation, padding), ceilMode: ceilMode)
}

/// As above, with a window.
package func maxPool(_ x: Tensor, _ window: Window, ceilMode: Bool) -> Tensor {
  let pooling = PoolingShape("maxPool", x.shape, window, ceilMode: ceilMode)
  return x.asImages { x in
    let (values, indices) = pooling.largest(of: x)
    return record(values, from: x) { gradient, pass in
      pass.add(scattered(gradient, indices, to: x.shape), to: x)
    }
  }
}

/// The mean of each window of images or sequences, per channel.
///
/// x [n, height, width, channels] to [n, height′, width′, channels], height′ as in `maxPool`, or [n, length, channels] to
/// [n, length′, channels]. The stride is `kernelSize` by default, dilation 1, padding 0. Elements of the padding count as 0, or not at
/// all where `countIncludePadding` is false; elements beyond the padding, which `ceilMode` reaches, do not count.
///
/// Stops the program if x has other than three or four dimensions, the kernel is larger than the padded image, or a window may lie
/// beyond the edge.
///
/// Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998.
public func averagePool(
  _ x: Tensor, kernelSize: any AxisSizes, stride: (any AxisSizes)? = nil, dilation: any AxisSizes = 1,
  padding: any WindowPadding = 0, ceilMode: Bool = false, countIncludePadding: Bool = true
) -> Tensor {
  averagePool(
    x, Window("averagePool", pooling: x.shape, kernelSize, stride, dilation, padding), ceilMode: ceilMode,
    countIncludePadding: countIncludePadding)
}

/// As above, with a window.
package func averagePool(_ x: Tensor, _ window: Window, ceilMode: Bool, countIncludePadding: Bool) -> Tensor {
  let pooling = PoolingShape(
    "averagePool", x.shape, window, ceilMode: ceilMode, countIncludePadding: countIncludePadding)
  return x.asImages { averagePool($0, pooling) }
}

func averagePool(_ x: Tensor, _ pooling: PoolingShape) -> Tensor {
  record(pooling.mean(of: x), from: x) { [node = x.node] gradient, pass in pass.add(spread(gradient, pooling), to: node)
  }
}

/// The transpose of `averagePool`.
func spread(_ y: Tensor, _ pooling: PoolingShape) -> Tensor {
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

extension Window {
  /// The window of pooling over x; the stride is the kernel's size by default.
  fileprivate init(
    _ operation: String, pooling x: Shape, _ kernelSize: any AxisSizes, _ stride: (any AxisSizes)?,
    _ dilation: any AxisSizes, _ padding: any WindowPadding
  ) {
    guard 3...4 ~= x.count else {
      stop(
        operation,
        "images [n, height, width, channels] or sequences [n, length, channels] are needed, not the shape \(x)")
    }
    self.init(
      operation, axes: x.count - 2, kernelSize: kernelSize.axisSizes, stride: stride ?? kernelSize, dilation: dilation,
      padding: padding)
  }
}

extension Tensor {
  /// What `compute` makes of these images; sequences are images of height 1.
  fileprivate func asImages(_ compute: (Tensor) -> Tensor) -> Tensor {
    guard shape.count == 3 else { return compute(self) }
    let y = compute(reshaped([shape[0], 1, shape[1], shape[2]]))
    return y.reshaped([y.shape[0], y.shape[2], y.shape[3]])
  }
}

extension PoolingShape {
  /// Stops the program, in the name of `operation`, unless x is images or sequences that the window fits into, and each window holds an
  /// element.
  fileprivate init(
    _ operation: String, _ x: Shape, _ window: Window, ceilMode: Bool, countIncludePadding: Bool = true
  ) {
    let isSequence = window.axes.count == 1, images = isSequence ? "sequences" : "images"
    guard x.count == window.axes.count + 2 else {
      let sizes = isSequence ? "length" : "height, width"
      stop(operation, "\(images) [n, \(sizes), channels] are needed, not the shape \(x)")
    }
    let kernel = window.kernelSize.map(String.init).joined(separator: " × ")
    guard !x.dropFirst().dropLast().contains(0), let layout = WindowLayout(window, over: x, ceilMode: ceilMode) else {
      stop(operation, "a kernel of \(kernel) doesn't fit into \(images) of shape \(x)")
    }
    guard layout.rows.holdElements, layout.columns.holdElements else {
      stop(
        operation,
        "windows of kernelSize \(window) lie beyond the edge of \(images) of shape \(x); less padding or dilation is needed"
      )
    }
    guard x.elementCount <= Int32.max else { stop(operation, "\(x) has more elements than can be numbered") }
    self.init(images: x[0], channels: x.last!, windows: layout, countsPadding: countIncludePadding)
  }
}

extension WindowLayout.Axis {
  /// Whether each window covers an element of the image.
  fileprivate var holdElements: Bool {
    // Without gaps, the first and the last window are enough.
    let windows = dilation == 1 ? [0, count - 1] : Array(0..<count)
    return windows.allSatisfy { window in
      let start = window * stride - before
      // The first of its elements that is not before the image.
      let first = start < 0 ? start + (dilation - 1 - start) / dilation * dilation : start
      return first < size && first <= start + dilation * (kernelSize - 1)
    }
  }
}
