/// The convolution (strictly, the cross-correlation) of images or sequences with kernels of weights.
///
/// y[n, i, j, o] = bias[o] + Σ x[n, i·stride + a·dilation − padding, j·stride + b·dilation − padding, c] · weight[o, c, a, b], summed
/// over the kernel (a, b) and the channels c of o's group; beyond the image's edge x is 0. Images are channels-last: x [n, height, width,
/// inputs] to [n, height′, width′, outputs] with height′ = ⌊(height + padding above and below − dilation (kernel height − 1) − 1) /
/// stride⌋ + 1. Weight [outputs, inputs / groups, kernel height, kernel width], bias [outputs]. Sequences are [n, length, inputs], with
/// weights [outputs, inputs / groups, kernel length].
///
/// Without bias, stride 1, dilation 1, padding 0 and 1 group by default. Stride, dilation and padding are numbers for all axes, or have one
/// number per axis; padding may differ by side, or be `.same`.
///
/// Stops the program if the shapes don't fit, the kernel is larger than the padded image, or stride, dilation, padding or groups
/// are below 1, 1, 0 and 1.
///
/// Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998.
public func convolve(
  _ x: Tensor, weight: Tensor, bias: Tensor? = nil, stride: any AxisSizes = 1, dilation: any AxisSizes = 1,
  padding: any WindowPadding = 0, groups: Int = 1
) -> Tensor {
  let window = Convolution.window("convolve", x.shape, weight.shape, stride, dilation, padding)
  return convolve(x, weight: weight, bias: bias, window, groups: groups)
}

/// As above, with a window whose kernel has the weight's size.
package func convolve(_ x: Tensor, weight: Tensor, bias: Tensor?, _ window: Window, groups: Int) -> Tensor {
  let convolution = Convolution(x.shape, weight.shape, window, groups)
  if let bias { Convolution.check("convolve", bias: bias.shape, outputs: weight.shape[0], weight.shape) }
  return convolution.onImages(x, weight) { convolution.convolve($0, $1, bias) }
}

/// A convolution's three products. Each is linear in both of its factors, and the gradients of each are the other two.
struct Convolution {
  let kernels: ConvolutionKernels

  init(_ x: Shape, _ weight: Shape, _ window: Window, _ groups: Int) {
    Convolution.check("convolve", x, weight, window, groups)
    guard weight[1] * groups == x.last!, weight[0] % groups == 0 else {
      Convolution.stop("convolve", x, weight, groups)
    }
    guard let layout = WindowLayout(window, over: x) else {
      Autodiff.stop("convolve", x, weight, "the padded image is smaller than the kernel")
    }
    kernels = ConvolutionKernels(
      images: x[0], inputs: weight[1] * groups, outputs: weight[0], groups: groups, windows: layout)
  }

  init(_ kernels: ConvolutionKernels) { self.kernels = kernels }

  /// Whether each pixel of the output depends on a single pixel of the input.
  var isPointwise: Bool {
    kernels.groups == 1 && kernels.windows.rows.isPointwise && kernels.windows.columns.isPointwise
  }

  /// x * weight + bias, where x is images.
  func convolve(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    if isPointwise {
      // A product of matrices, pixel by pixel. oneDNN 2.6 errs in the gradient of such an input in bfloat16.
      let pixels =
        kernels.outputs.dropLast() == x.shape.dropLast() ? x : averagePool(x, PoolingShape(selecting: kernels))
      return linear(pixels, weight: weight.reshaped([weight.shape[0], weight.shape[1]]), bias: bias)
    }
    let rounded = precisionHere == .float32 ? x : x.castWithoutTape(to: precisionHere)
    let made = output(rounded, weight, bias)
    return record(made, from: x, weight, bias) { gradient, pass in
      // Widened once for both products, where they are computed in Float32.
      let factor = pass.keepsTape ? gradient : gradient.factor(in: gradient.precision)
      pass.add(inputGradient(factor, weight, as: gradient.precision), to: x)
      pass.add(weightGradient(pass.keepsTape ? x : rounded, factor), to: weight)
      if let bias { pass.add(gradient.summed(to: bias.shape), to: bias) }
    }
  }

  private func output(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    let made = kernels.output(x, weight, bias)
    // Sums of nothing are the bias alone.
    guard kernels.images.contains(0), let bias else { return made }
    return withoutGradients { made + bias }
  }

  /// The gradient of x for the gradient g of the output.
  func inputGradient(
    _ g: Tensor, _ weight: Tensor, as precision: Precision, by function: StaticString = #function
  ) -> Tensor {
    record(kernels.inputGradient(g, weight, as: precision), from: g, weight, by: function) { gradient, pass in
      pass.add(convolve(gradient, weight, nil), to: g)
      pass.add(weightGradient(gradient, g), to: weight)
    }
  }

  /// The gradient of the weight for the gradient g of the output.
  func weightGradient(_ x: Tensor, _ g: Tensor) -> Tensor {
    record(kernels.weightGradient(x, g), from: x, g) { gradient, pass in
      pass.add(inputGradient(g, gradient, as: g.precision), to: x)
      pass.add(convolve(x, gradient, nil), to: g)
    }
  }

  /// Calls `compute` with x and the weight as images and theirs; sequences are images of height 1.
  func onImages(_ x: Tensor, _ weight: Tensor, _ compute: (Tensor, Tensor) -> Tensor) -> Tensor {
    guard x.shape.count == 3 else { return compute(x, weight) }
    let y = compute(x.reshaped([x.shape[0], 1, x.shape[1], x.shape[2]]), weight.reshaped(kernels.weights))
    return y.reshaped([y.shape[0], y.shape[2], y.shape[3]])
  }
}
