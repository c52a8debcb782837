import CKernels

/// The rectifier max(x, 0), element by element; its derivative at 0 is 0.
///
/// Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.
public func relu(_ x: Tensor) -> Tensor {
  recordKeepingOutput(rectified(x), from: x) { [place = x.node] gradient, pass in
    let output = pass.output
    guard !pass.mayOverwrite || output.precision != .float32 else {
      gradient_relu(gradient.elements, output.elements, gradient.elements, gradient.elementCount)
      return pass.add(gradient, to: place)
    }
    pass.add(gradientOfReLU(gradient, output), to: place)
  }
}

/// The logistic function 1 / (1 + e⁻ˣ), element by element. Its derivative y (1 − y) is at most 1/4.
public func sigmoid(_ x: Tensor) -> Tensor {
  recordKeepingOutput(x.map(unary_sigmoid), from: x) { [place = x.node] gradient, pass in
    pass.add(gradientOfSigmoid(gradient, pass.output), to: place)
  }
}

/// The hyperbolic tangent, element by element. Its derivative 1 − y² is at most 1.
public func tanh(_ x: Tensor) -> Tensor {
  recordKeepingOutput(x.map(unary_tanh), from: x) { [place = x.node] gradient, pass in
    pass.add(gradientOfTanh(gradient, pass.output), to: place)
  }
}

// The derivatives are operations too, so that gradients have gradients. Here y is the saved output.

/// g where y > 0, otherwise 0.
func gradientOfReLU(_ g: Tensor, _ y: Tensor) -> Tensor {
  record(passed(g, where: y), from: g) { [place = g.node] gradient, pass in
    pass.add(gradientOfReLU(gradient, y), to: place)
  }
}

/// g y (1 − y).
func gradientOfSigmoid(_ g: Tensor, _ y: Tensor) -> Tensor {
  record(combine("sigmoid", g, y, binary_sigmoid_gradient), from: g, y) { gradient, pass in
    pass.add(gradientOfSigmoid(gradient, y), to: g)
    pass.add(gradient * g * (1 - 2 * y), to: y)
  }
}

/// g (1 − y²).
func gradientOfTanh(_ g: Tensor, _ y: Tensor) -> Tensor {
  record(combine("tanh", g, y, binary_tanh_gradient), from: g, y) { gradient, pass in
    pass.add(gradientOfTanh(gradient, y), to: g)
    pass.add(gradient * g * (-2 * y), to: y)
  }
}

// A rectifier looks at signs alone, so numbers of 16 bits need not be widened for it.

private func rectified(_ x: Tensor) -> Tensor {
  guard x.precision != .float32 else { return x.map(unary_relu) }
  let output = Buffer(count: x.elementCount, precision: x.precision)
  relu_half(x.storage.half, output.half, x.elementCount, x.precision == .bfloat16 ? 0x7f80 : 0x7c00)
  return Tensor(shape: x.shape, buffer: output)
}

/// g where the rectifier's output is above 0, otherwise 0.
private func passed(_ g: Tensor, where output: Tensor) -> Tensor {
  guard g.precision != .float32, g.precision == output.precision else {
    return combine(g, output, gradient_relu)
  }
  let gradient = Buffer(count: g.elementCount, precision: g.precision)
  relu_gradient_half(g.storage.half, output.storage.half, gradient.half, g.elementCount)
  return Tensor(shape: g.shape, buffer: gradient)
}
