import COneDNN

/// The convolution (strictly, the cross-correlation) of images with windows of weights.
///
/// y[n, i, j, o] = bias[o] + Σ x[n, i·stride + a − padding, j·stride + b − padding, c] · weight[o, c, a, b], summed over the
/// window (a, b) and the channels c of o's group; beyond the image's edge x is 0. Images are channels-last: x [n, height, width,
/// inputs] to [n, height′, width′, outputs] with height′ = ⌊(height + 2 padding − window) / stride⌋ + 1. Weight [outputs,
/// inputs / groups, window height, window width], bias [outputs].
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
    let seen = stride == 1 ? x : averagePool(x, window: 1, stride: stride)
    return linear(seen, weight: weight.reshaped([weight.shape[0], weight.shape[1]]), bias: bias)
  }
  let rounded = precisionHere == .float32 ? x : x.castWithoutTape(to: precisionHere)
  let output = convolution.output(rounded, weight, bias)
  return record(output, from: x, weight, bias) { gradient, pass in
    pass.add(convolution.inputGradient(gradient, weight), to: x)
    pass.add(convolution.weightGradient(pass.keepsTape ? x : rounded, gradient), to: weight)
    if let bias { pass.add(gradient.summed(to: bias.shape), to: bias) }
  }
}

/// A convolution's three products. Each is linear in both of its factors, and the gradients of each are the other two.
private struct Convolution {
  private let images: Shape
  private let weights: Shape
  private let outputs: Shape
  private let stride, padding, groups: Int

  init(_ x: Shape, _ weight: Shape, _ stride: Int, _ padding: Int, _ groups: Int) {
    guard stride >= 1, padding >= 0, groups >= 1 else {
      stop("convolve", "stride \(stride), padding \(padding), groups \(groups): at least 1, 0 and 1 are needed")
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
    guard high >= 0, wide >= 0 else { stop("convolve", x, weight, "the padded image is smaller than the window") }
    images = x
    weights = weight
    outputs = [x[0], high / stride + 1, wide / stride + 1, weight[0]]
    (self.stride, self.padding, self.groups) = (stride, padding, groups)
  }

  /// x * weight + bias.
  func output(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    let weight = factor(weight, as: x.precision)
    let made = make(outputs, from: [x], as: x.precision) { what, images, y in
      onednn_convolve(&what, images[0], weight.buffer.pointer, bias?.buffer.pointer, y)
    }
    // Sums of nothing are the bias alone.
    guard images.contains(0), let bias else { return made }
    return withoutGradients { made + bias }
  }

  /// The gradient of x for the gradient g of the output.
  func inputGradient(_ g: Tensor, _ weight: Tensor) -> Tensor {
    let factor = factor(weight, as: g.precision)
    let made = make(images, from: [g], as: g.precision) { what, images, x in
      onednn_convolve_to_input(&what, images[0], factor.buffer.pointer, x)
    }
    return record(made, from: g, weight) { gradient, pass in
      pass.add(convolve(gradient, weight: weight, stride: stride, padding: padding, groups: groups), to: g)
      pass.add(weightGradient(gradient, g), to: weight)
    }
  }

  /// The gradient of the weight for the gradient g of the output.
  func weightGradient(_ x: Tensor, _ g: Tensor) -> Tensor {
    let made = make(weights, from: [x, g], as: .float32) { what, images, weight in
      onednn_convolve_to_weight(&what, images[0], images[1], weight)
    }
    return record(made, from: x, g) { gradient, pass in
      pass.add(inputGradient(g, gradient), to: x)
      pass.add(convolve(x, weight: gradient, stride: stride, padding: padding, groups: groups), to: g)
    }
  }

  /// The weight, rounded as the images are; oneDNN rounds to bfloat16 itself where it takes that.
  private func factor(_ weight: Tensor, as precision: Precision) -> Tensor {
    precision == .bfloat16 && takesBfloat16 ? weight : weight.castWithoutTape(to: precision)
  }

  /// A new tensor that `product` computes from images in bfloat16 if they are so stored and that can be done, otherwise in
  /// Float32.
  private func make(
    _ shape: Shape, from operands: [Tensor], as precision: Precision,
    _ product: (inout onednn_convolution, [UnsafeRawPointer], UnsafeMutablePointer<Float>) -> Int32
  ) -> Tensor {
    guard !images.contains(0), !weights.contains(0) else {
      return Tensor(repeating: 0, shape: shape).castWithoutTape(to: precision)
    }
    let isBfloat16 = takesBfloat16 && operands.allSatisfy { $0.precision == .bfloat16 }
    let output = Buffer(count: shape.elementCount, precision: isBfloat16 ? precision : .float32)
    var what = onednn_convolution(
      images: Int64(images[0]), height: Int64(images[1]), width: Int64(images[2]), inputs: Int64(images[3]),
      outputs: Int64(weights[0]), groups: Int64(groups), window_height: Int64(weights[2]),
      window_width: Int64(weights[3]), stride: Int64(stride), padding: Int64(padding),
      type: isBfloat16 ? onednn_bfloat16 : onednn_float32)
    let memory = operands.map { UnsafeRawPointer(isBfloat16 ? $0.storage.pointer : $0.buffer.pointer) }
    let code = product(&what, memory, output.pointer)
    guard code == 0 else {
      stop(
        "convolve", images, weights, "oneDNN can't compute this convolution: \(String(cString: onednn_reason(code)))")
    }
    return Tensor(shape: shape, buffer: output).castWithoutTape(to: precision)
  }
}
