/// The convolution (strictly, the cross-correlation) of images with kernels of weights.
///
/// y[n, i, j, o] = bias[o] + Σ x[n, i·stride + a − padding, j·stride + b − padding, c] · weight[o, c, a, b], summed over the
/// kernel (a, b) and the channels c of o's group; beyond the image's edge x is 0. Images are channels-last: x [n, height, width,
/// inputs] to [n, height′, width′, outputs] with height′ = ⌊(height + 2 padding − kernel height) / stride⌋ + 1. Weight [outputs,
/// inputs / groups, kernel height, kernel width], bias [outputs]. Without bias, stride 1, padding 0 and 1 group by default.
///
/// Stops the program if the shapes don't fit, the kernel is larger than the padded image, or stride, padding or groups are
/// below 1, 0 and 1.
///
/// Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998.
public func convolve(
  _ x: Tensor, weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, groups: Int = 1
) -> Tensor {
  let convolution = Convolution(x.shape, weight.shape, stride, padding, groups)
  if let bias, bias.shape != [weight.shape[0]] {
    stop("convolve", bias.shape, weight.shape, "the bias has one element for each of the weight's outputs")
  }
  if weight.shape[2] == 1, weight.shape[3] == 1, padding == 0, groups == 1 {
    // A product of matrices, pixel by pixel. oneDNN 2.6 errs in the gradient of such an input in bfloat16.
    let pixels = stride == 1 ? x : averagePool(x, kernelSize: 1, stride: stride)
    return linear(pixels, weight: weight.reshaped([weight.shape[0], weight.shape[1]]), bias: bias)
  }
  let rounded = precisionHere == .float32 ? x : x.castWithoutTape(to: precisionHere)
  let output = convolution.output(rounded, weight, bias)
  return record(output, from: x, weight, bias) { gradient, pass in
    // Widened once for both products, where they are computed in Float32.
    let factor = pass.keepsTape ? gradient : gradient.factor(in: gradient.precision)
    pass.add(convolution.inputGradient(factor, weight, as: gradient.precision), to: x)
    pass.add(convolution.weightGradient(pass.keepsTape ? x : rounded, factor), to: weight)
    if let bias { pass.add(gradient.summed(to: bias.shape), to: bias) }
  }
}

/// A convolution's three products. Each is linear in both of its factors, and the gradients of each are the other two.
private struct Convolution {
  private let kernels: ConvolutionKernels
  private var stride: Int { kernels.stride }
  private var padding: Int { kernels.padding }
  private var groups: Int { kernels.groups }

  init(_ x: Shape, _ weight: Shape, _ stride: Int, _ padding: Int, _ groups: Int) {
    guard stride >= 1, padding >= 0, groups >= 1, max(stride, padding, groups) <= Int32.max else {
      stop(
        "convolve",
        "stride \(stride), padding \(padding), groups \(groups): at least 1, 0 and 1, and at most \(Int32.max) are needed"
      )
    }
    guard x.count == 4, weight.count == 4, weight[1] * groups == x[3], weight[0] % groups == 0, weight[2] >= 1,
      weight[3] >= 1
    else {
      let inputs = groups == 1 ? "inputs" : "inputs / \(groups)"
      stop(
        "convolve", x, weight,
        "images [n, height, width, inputs], weights [outputs, \(inputs), height, width] are needed")
    }
    let high = x[1] + 2 * padding - weight[2], wide = x[2] + 2 * padding - weight[3]
    guard high >= 0, wide >= 0 else { stop("convolve", x, weight, "the padded image is smaller than the kernel") }
    kernels = ConvolutionKernels(
      images: x, weights: weight, outputs: [x[0], high / stride + 1, wide / stride + 1, weight[0]], stride: stride,
      padding: padding, groups: groups)
  }

  /// x * weight + bias.
  func output(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    let made = kernels.output(x, weight, bias)
    // Sums of nothing are the bias alone.
    guard kernels.images.contains(0), let bias else { return made }
    return withoutGradients { made + bias }
  }

  /// The gradient of x for the gradient g of the output.
  func inputGradient(_ g: Tensor, _ weight: Tensor, as precision: Precision) -> Tensor {
    record(kernels.inputGradient(g, weight, as: precision), from: g, weight) { gradient, pass in
      pass.add(convolve(gradient, weight: weight, stride: stride, padding: padding, groups: groups), to: g)
      pass.add(weightGradient(gradient, g), to: weight)
    }
  }

  /// The gradient of the weight for the gradient g of the output.
  func weightGradient(_ x: Tensor, _ g: Tensor) -> Tensor {
    record(kernels.weightGradient(x, g), from: x, g) { gradient, pass in
      pass.add(inputGradient(g, gradient, as: g.precision), to: x)
      pass.add(convolve(x, weight: gradient, stride: stride, padding: padding, groups: groups), to: g)
    }
  }
}
