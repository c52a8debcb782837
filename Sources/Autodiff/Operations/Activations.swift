import CKernels

/// The rectifier max(x, 0), element by element; its derivative at 0 is 0.
///
/// Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.
public func relu(_ x: Tensor) -> Tensor {
  recordKeepingOutput(x.map(unary_relu), from: x) { output, gradient, sweep in
    sweep.add(gradientOfReLU(gradient, output), to: x)
  }
}

/// The logistic function 1 / (1 + e⁻ˣ), element by element. Its derivative y (1 − y) is at most 1/4.
public func sigmoid(_ x: Tensor) -> Tensor {
  recordKeepingOutput(x.map(unary_sigmoid), from: x) { output, gradient, sweep in
    sweep.add(gradientOfSigmoid(gradient, output), to: x)
  }
}

/// The hyperbolic tangent, element by element. Its derivative 1 − y² is at most 1.
public func tanh(_ x: Tensor) -> Tensor {
  recordKeepingOutput(x.map(unary_tanh), from: x) { output, gradient, sweep in
    sweep.add(gradientOfTanh(gradient, output), to: x)
  }
}

// The derivatives are operations too, so that gradients have gradients. Here y is the saved output.

/// g where y > 0, otherwise 0.
func gradientOfReLU(_ g: Tensor, _ y: Tensor) -> Tensor {
  record(combine("relu", g, y, binary_relu_gradient), from: g) { gradient, sweep in
    sweep.add(gradientOfReLU(gradient, y), to: g)
  }
}

/// g y (1 − y).
func gradientOfSigmoid(_ g: Tensor, _ y: Tensor) -> Tensor {
  record(combine("sigmoid", g, y, binary_sigmoid_gradient), from: g, y) { gradient, sweep in
    sweep.add(gradientOfSigmoid(gradient, y), to: g)
    sweep.add(gradient * g * (1 - 2 * y), to: y)
  }
}

/// g (1 − y²).
func gradientOfTanh(_ g: Tensor, _ y: Tensor) -> Tensor {
  record(combine("tanh", g, y, binary_tanh_gradient), from: g, y) { gradient, sweep in
    sweep.add(gradientOfTanh(gradient, y), to: g)
    sweep.add(gradient * g * (-2 * y), to: y)
  }
}
