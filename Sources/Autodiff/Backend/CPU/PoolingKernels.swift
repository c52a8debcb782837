import CKernels

/// Pooling over windows of images [n, height, width, channels].
struct PoolingShape {
  let input, output: Shape
  let windows: WindowLayout
  /// Whether elements of the padding count in means.
  let countsPadding: Bool

  init(images: Int, channels: Int, windows: WindowLayout, countsPadding: Bool = true) {
    input = [images, windows.rows.size, windows.columns.size, channels]
    output = [images, windows.rows.count, windows.columns.count, channels]
    (self.windows, self.countsPadding) = (windows, countsPadding)
  }

  /// The pixels that a convolution of kernel size 1 takes from its images.
  init(selecting kernels: ConvolutionKernels) {
    self.init(images: kernels.images[0], channels: kernels.images[3], windows: kernels.windows)
  }

  /// The largest element of each window, and where in x it is; not on the tape.
  func largest(of x: Tensor) -> (values: Tensor, indices: GatherIndices) {
    let values = Buffer(shape: output)
    let indices = GatherIndices(count: output.elementCount) { indices in
      x.withFloat32 { x in
        inImages { pool_largest(&$0, x, values.pointer, indices.baseAddress!) }
      }
    }
    return (Tensor(shape: output, buffer: values).castWithoutTape(to: x.precision), indices)
  }

  /// The mean of each window; not on the tape.
  func mean(of x: Tensor) -> Tensor {
    let values = Buffer(shape: output)
    x.withFloat32 { x in inImages { pool_mean(&$0, countsPadding, x, values.pointer) } }
    return Tensor(shape: output, buffer: values).castWithoutTape(to: x.precision)
  }

  /// The transpose of `mean`, from the output's shape to the input's; not on the tape.
  func spread(_ y: Tensor) -> Tensor {
    let values = Buffer(shape: input)
    y.withFloat32 { y in inImages { spread_mean(&$0, countsPadding, y, values.pointer) } }
    return Tensor(shape: input, buffer: values).castWithoutTape(to: y.precision)
  }

  private func inImages(_ body: (inout windows) -> Void) {
    windows.inImages(input[0], channels: input[3], taken: input[3], body)
  }
}

extension WindowLayout {
  /// Calls `body` with the windows of some images after the other, of whose channels it takes some.
  fileprivate func inImages(_ images: Int, channels: Int, taken: Int, _ body: (inout windows) -> Void) {
    let pixels = Swift.max(rows.size * columns.size, rows.count * columns.count * rows.kernelSize * columns.kernelSize)
    inChunks(of: images, width: pixels * taken) { range in
      var over = windows(
        first: Int64(range.lowerBound), images: Int64(range.count), channels: Int64(channels), rows: rows.forKernels,
        columns: columns.forKernels)
      body(&over)
    }
  }
}

extension WindowLayout.Axis {
  fileprivate var forKernels: window_axis {
    window_axis(
      size: Int64(size), count: Int64(count), kernel: Int64(kernelSize), stride: Int64(stride),
      dilation: Int64(dilation), before: Int64(before), after: Int64(after))
  }
}

extension Tensor {
  /// The patches of images or sequences [n, …, channels] under a window: [n, positions, kernel elements · count], of the `count` channels
  /// from `first` on; 0 beyond the edge. The window must fit.
  package func patches(_ window: Window, first: Int, count: Int) -> Tensor {
    let layout = WindowLayout(window, over: shape)!, rows = layout.rows, columns = layout.columns
    let patches: Shape = [shape[0], rows.count * columns.count, rows.kernelSize * columns.kernelSize * count]
    let output = Buffer(shape: patches)
    withFloat32 { x in
      layout.inImages(shape[0], channels: shape.last!, taken: count) {
        unfold(&$0, Int64(first), Int64(count), x, output.pointer)
      }
    }
    return Tensor(shape: patches, buffer: output)
  }
}
