import COneDNN

/// A convolution of images [n, height, width, inputs] to outputs [n, height′, width′, outputs] with a weight
/// [outputs, inputs / groups, kernel height, kernel width]. Nothing here is on the tape.
struct ConvolutionKernels {
  let images, weights, outputs: Shape
  let groups: Int
  let windows: WindowLayout

  /// A convolution of `images` images.
  init(images: Int, inputs: Int, outputs: Int, groups: Int, windows: WindowLayout) {
    let rows = windows.rows, columns = windows.columns
    self.images = [images, rows.size, columns.size, inputs]
    self.outputs = [images, rows.count, columns.count, outputs]
    weights = [outputs, inputs / groups, rows.kernelSize, columns.kernelSize]
    (self.groups, self.windows) = (groups, windows)
  }

  /// x * weight + bias, stored as x is.
  func output(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    let weight = factor(weight, as: x.precision)
    return make(outputs, from: [x], as: x.precision) { convolution, images, y in
      weight.withFloat32 { weight in
        withFloat32(bias) { onednn_convolve(&convolution, images[0], weight, $0, y) }
      }
    }
  }

  /// The gradient of x for the gradient g of the output, in the given precision, to which the weight is rounded too.
  func inputGradient(_ g: Tensor, _ weight: Tensor, as precision: Precision) -> Tensor {
    let weight = factor(weight, as: precision)
    return make(images, from: [g], as: precision) { convolution, images, x in
      weight.withFloat32 { onednn_convolve_to_input(&convolution, images[0], $0, x) }
    }
  }

  /// The gradient of the weight for the gradient g of the output, in Float32.
  func weightGradient(_ x: Tensor, _ g: Tensor) -> Tensor {
    make(weights, from: [x, g], as: .float32) { convolution, images, weight in
      onednn_convolve_to_weight(&convolution, images[0], images[1], weight)
    }
  }

  /// The weight rounded as the images are, in Float32; oneDNN rounds it itself where it multiplies natively.
  private func factor(_ weight: Tensor, as precision: Precision) -> Tensor {
    if precision.isMultipliedNatively { return weight }
    return precision == .bfloat16 && weight.precision == .float32
      ? weight.roundedToBFloat16() : weight.castWithoutTape(to: precision)
  }

  /// A new tensor that `product` computes: in 16 bits where the images are stored so and `BFloat16Products` is native, otherwise in
  /// Float32. Zeros where there is nothing to sum.
  private func make(
    _ shape: Shape, from operands: [Tensor], as precision: Precision,
    _ product: (inout onednn_convolution, [UnsafeRawPointer], UnsafeMutablePointer<Float>) -> Int32
  ) -> Tensor {
    guard !images.contains(0), !weights.contains(0), !isAbandoned else {
      return Tensor(repeating: 0, shape: shape).castWithoutTape(to: precision)
    }
    let factor = operands[0].precision
    let isNative = factor.isMultipliedNatively && operands.allSatisfy { $0.precision == factor }
    let output = Buffer(shape: shape, precision: isNative ? precision : .float32)
    var convolution = onednn_convolution(
      images: Int64(images[0]), inputs: Int64(images[3]), outputs: Int64(weights[0]), groups: Int64(groups),
      rows: windows.rows.forOneDNN, columns: windows.columns.forOneDNN,
      type: (isNative ? factor : .float32).forOneDNN)
    let factors = isNative ? operands : operands.map { $0.castWithoutTape(to: .float32) }
    let code = withExtendedLifetime(factors) {
      product(&convolution, factors.map { UnsafeRawPointer($0.storage.pointer) }, output.pointer)
    }
    guard code == 0 else {
      stop(
        "convolve", images, weights, "oneDNN can't compute this convolution: \(String(cString: onednn_reason(code)))")
    }
    return Tensor(shape: shape, buffer: output).castWithoutTape(to: precision)
  }
}

extension WindowLayout.Axis {
  fileprivate var forOneDNN: onednn_axis {
    onednn_axis(
      size: Int64(size), kernel: Int64(kernelSize), stride: Int64(stride), dilation: Int64(dilation),
      before: Int64(before), after: Int64(after))
  }
}
