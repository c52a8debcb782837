import CKernels

/// Pooling over square windows of images [n, height, width, channels].
struct PoolingShape {
  let input, output: Shape
  let kernelSize, stride, padding: Int

  private var kernel: pooling {
    pooling(
      images: Int64(input[0]), height: Int64(input[1]), width: Int64(input[2]), channels: Int64(input[3]),
      out_height: Int64(output[1]), out_width: Int64(output[2]), kernel_height: Int64(kernelSize),
      kernel_width: Int64(kernelSize), stride: Int64(stride), padding: Int64(padding))
  }

  /// The largest element of each window, and where in x it is; not on the tape.
  func largest(of x: Tensor) -> (values: Tensor, indices: GatherIndices) {
    var kernel = kernel
    let values = Buffer(shape: output)
    let indices = GatherIndices(count: output.elementCount) { indices in
      x.withFloat32 { pool_largest(&kernel, $0, values.pointer, indices.baseAddress!) }
    }
    return (Tensor(shape: output, buffer: values).castWithoutTape(to: x.precision), indices)
  }

  /// The mean of each window, elements beyond the edge counting as 0; not on the tape.
  func mean(of x: Tensor) -> Tensor {
    var kernel = kernel
    let values = Buffer(shape: output)
    x.withFloat32 { pool_mean(&kernel, $0, values.pointer) }
    return Tensor(shape: output, buffer: values).castWithoutTape(to: x.precision)
  }

  /// The transpose of `mean`, from the output's shape to the input's; not on the tape.
  func spread(_ y: Tensor) -> Tensor {
    var kernel = kernel
    let values = Buffer(shape: input)
    y.withFloat32 { spread_mean(&kernel, $0, values.pointer) }
    return Tensor(shape: input, buffer: values).castWithoutTape(to: y.precision)
  }
}
