import CKernels

/// The largest element of each window of an image, channel by channel.
///
/// x [n, height, width, channels] to [n, height′, width′, channels], height′ = ⌊(height + 2 padding − window) / stride⌋ + 1. The
/// stride is the window's size unless it is given; what lies beyond the edge doesn't count. The gradient goes to the largest
/// element, the first of equals. A NaN counts as the largest.
///
/// Source: Yamaguchi et al., "A neural network for speaker-independent isolated word recognition", 1990.
public func maxPool(_ x: Tensor, window: Int, stride: Int? = nil, padding: Int = 0) -> Tensor {
  var what = pooling("maxPool", x.shape, window, stride ?? window, padding)
  let shape = pooledShape(what)
  let places = GatherIndices(count: shape.elementCount)
  let output = Buffer(count: shape.elementCount)
  pool_largest(&what, x.buffer.pointer, output.pointer, places.pointer)
  let largest = Tensor(shape: shape, buffer: output).castWithoutTape(to: x.precision)
  return record(largest, from: x) { gradient, pass in pass.add(scattered(gradient, places, to: x.shape), to: x) }
}

/// The mean of each window of an image, channel by channel; what lies beyond the edge counts as 0.
///
/// x [n, height, width, channels] to [n, height′, width′, channels], height′ = ⌊(height + 2 padding − window) / stride⌋ + 1. The
/// stride is the window's size unless it is given.
///
/// Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998.
public func averagePool(_ x: Tensor, window: Int, stride: Int? = nil, padding: Int = 0) -> Tensor {
  var what = pooling("averagePool", x.shape, window, stride ?? window, padding)
  let shape = pooledShape(what)
  let output = Buffer(count: shape.elementCount)
  pool_mean(&what, x.buffer.pointer, output.pointer)
  let mean = Tensor(shape: shape, buffer: output).castWithoutTape(to: x.precision)
  return record(mean, from: x) { gradient, pass in
    pass.add(spread(gradient, to: x.shape, window, stride ?? window, padding), to: x)
  }
}

/// The mean of each channel over the whole image: [n, height, width, channels] to [n, channels].
public func globalAveragePool(_ x: Tensor) -> Tensor {
  guard x.shape.count == 4 else {
    stop("globalAveragePool", "images [n, height, width, channels] are needed, not the shape \(x.shape)")
  }
  return x.mean(axes: [1, 2])
}

/// The transpose of `averagePool`.
private func spread(_ y: Tensor, to shape: Shape, _ window: Int, _ stride: Int, _ padding: Int) -> Tensor {
  var what = pooling("averagePool", shape, window, stride, padding)
  let output = Buffer(count: shape.elementCount)
  spread_mean(&what, y.buffer.pointer, output.pointer)
  return record(Tensor(shape: shape, buffer: output).castWithoutTape(to: y.precision), from: y) { gradient, pass in
    pass.add(averagePool(gradient, window: window, stride: stride, padding: padding), to: y)
  }
}

private func pooling(_ operation: String, _ x: Shape, _ window: Int, _ stride: Int, _ padding: Int) -> pooling {
  guard x.count == 4 else { stop(operation, "images [n, height, width, channels] are needed, not the shape \(x)") }
  guard window >= 1, stride >= 1, padding >= 0, 2 * padding <= window else {
    stop(
      operation,
      "window \(window), stride \(stride), padding \(padding): at least 1, 1 and 0 are needed, and at most half a window of padding"
    )
  }
  let high = x[1] + 2 * padding - window, wide = x[2] + 2 * padding - window
  guard high >= 0, wide >= 0, x[1] > 0, x[2] > 0 else {
    stop(operation, "a window of \(window) doesn't fit into images of shape \(x)")
  }
  guard x.elementCount <= Int32.max else { stop(operation, "\(x) has more elements than can be numbered") }
  return CKernels.pooling(
    images: Int64(x[0]), height: Int64(x[1]), width: Int64(x[2]), channels: Int64(x[3]),
    out_height: Int64(high / stride + 1), out_width: Int64(wide / stride + 1), window_height: Int64(window),
    window_width: Int64(window), stride: Int64(stride), padding: Int64(padding))
}

private func pooledShape(_ p: pooling) -> Shape {
  [Int(p.images), Int(p.out_height), Int(p.out_width), Int(p.channels)]
}
