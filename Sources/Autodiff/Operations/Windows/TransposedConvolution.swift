/// The transposed convolution of images or sequences: the gradient of a convolution's input for the gradient x of its output.
///
/// y[n, p, q, o] = bias[o] + Σ x[n, i, j, c] · weight[c, o, a, b], summed over the channels c of o's group and all i, j, a and b with
/// p = i·stride + a·dilation − padding and q = j·stride + b·dilation − padding. Images are channels-last: x [n, height, width, inputs] to
/// [n, height′, width′, outputs] with height′ = (height − 1) stride + dilation (kernel height − 1) + 1 − padding above and below +
/// outputPadding, and with the padding `.same` height′ = height · stride. Weight [inputs, outputs / groups, kernel height, kernel width],
/// bias [outputs]. Sequences are [n, length, inputs], with weights [inputs, outputs / groups, kernel length].
///
/// `outputPadding` adds rows below and columns on the right, which a convolution with this stride would not reach otherwise; it is 0 by
/// default and smaller than the stride. The other defaults are those of `convolve`.
///
/// Stops the program if the shapes don't fit, an image would be empty, `outputPadding` is not smaller than the stride or goes
/// with `.same`, or stride, dilation, padding or groups are below 1, 1, 0 and 1.
///
/// Source: Zeiler et al., "Deconvolutional networks", 2010.
public func convolveTransposed(
  _ x: Tensor, weight: Tensor, bias: Tensor? = nil, stride: any AxisSizes = 1, dilation: any AxisSizes = 1,
  padding: any WindowPadding = 0, outputPadding: any AxisSizes = 0, groups: Int = 1
) -> Tensor {
  let window = Convolution.window(name, x.shape, weight.shape, stride, dilation, padding)
  let more = window.outputPadding(name, outputPadding)
  return convolveTransposed(x, weight: weight, bias: bias, window, outputPadding: more, groups: groups)
}

/// As above, with a window whose kernel has the weight's size.
package func convolveTransposed(
  _ x: Tensor, weight: Tensor, bias: Tensor?, _ window: Window, outputPadding: [Int], groups: Int
) -> Tensor {
  let convolution = Convolution(transposedOver: x.shape, weight.shape, window, outputPadding, groups)
  if let bias { Convolution.check(name, bias: bias.shape, outputs: weight.shape[1] * groups, weight.shape) }
  return convolution.onImages(x, weight) { x, weight in
    let y = convolution.transposed(x, weight)
    return bias.map { (y + $0).cast(to: y.precision) } ?? y
  }
}

private let name = "convolveTransposed"

extension Window {
  /// The output padding of a transposed convolution, one number per axis. Stops the program, in the name of `operation`, unless each is at
  /// least 0 and smaller than the stride, and 0 where the padding is `.same`.
  package func outputPadding(_ operation: String, _ padding: any AxisSizes) -> [Int] {
    let given = padding.axisSizes, all = given.count == 1 ? axes.map { _ in given[0] } : given
    let isPossible = zip(axes, all).allSatisfy { axis, more in
      guard case .sides = axis.padding else { return more == 0 }
      return 0..<axis.stride ~= more
    }
    guard all.count == axes.count, isPossible else {
      stop(
        operation,
        "outputPadding \(given) with \(self): one number, or one for each axis, is needed, smaller than the stride, and 0 with .same"
      )
    }
    return all
  }
}

extension Convolution {
  fileprivate init(
    transposedOver x: Shape, _ weight: Shape, _ window: Window, _ outputPadding: [Int], _ groups: Int
  ) {
    Convolution.check(name, x, weight, window, groups)
    guard weight[0] == x.last!, weight[0] % groups == 0 else { Convolution.stop(name, x, weight, groups) }
    guard let layout = WindowLayout(window, transposedOver: x, outputPadding: outputPadding) else {
      Autodiff.stop(name, x, weight, "with \(window) the output would be empty")
    }
    self.init(
      ConvolutionKernels(images: x[0], inputs: weight[1] * groups, outputs: weight[0], groups: groups, windows: layout))
  }

  /// The images whose convolution x would be the gradient of.
  fileprivate func transposed(_ x: Tensor, _ weight: Tensor) -> Tensor {
    guard isPointwise else {
      let rounded = precisionHere == .float32 ? x : x.cast(to: precisionHere)
      return inputGradient(rounded, weight, as: rounded.precision, by: "convolveTransposed")
    }
    // As in `convolve`, a product of matrices.
    let matrix = weight.reshaped([weight.shape[0], weight.shape[1]]).transposed()
    let pixels = linear(x, weight: matrix)
    return kernels.images == pixels.shape ? pixels : spread(pixels, PoolingShape(selecting: kernels))
  }
}
