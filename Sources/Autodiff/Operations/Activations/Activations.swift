/// The rectifier max(x, 0), element by element; its derivative at 0 is 0.
///
/// Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.
public func relu(_ x: Tensor) -> Tensor {
  recordKeepingOutput(x.map(.relu), from: x) { [node = x.node] gradient, pass in
    let output = pass.output
    guard !pass.mayOverwrite || output.precision != .float32 else {
      gradient.replace(by: .relu, saved: output)
      return pass.add(gradient, to: node)
    }
    pass.add(gradientOfReLU(gradient, output), to: node)
  }
}

/// The logistic function 1 / (1 + e⁻ˣ), element by element. Its derivative y (1 − y) is at most 1/4.
public func sigmoid(_ x: Tensor) -> Tensor {
  recordKeepingOutput(x.map(.sigmoid), from: x) { [node = x.node] gradient, pass in
    pass.add(gradientOfSigmoid(gradient, pass.output), to: node)
  }
}

/// The hyperbolic tangent, element by element. Its derivative 1 − y² is at most 1.
public func tanh(_ x: Tensor) -> Tensor {
  recordKeepingOutput(x.map(.tanh), from: x) { [node = x.node] gradient, pass in
    pass.add(gradientOfTanh(gradient, pass.output), to: node)
  }
}

// The derivatives are operations too, so that gradients have gradients. Here y is the saved output.

/// g where y > 0, otherwise 0.
func gradientOfReLU(_ g: Tensor, _ y: Tensor) -> Tensor {
  record(combine(g, y, .relu), from: g) { [node = g.node] gradient, pass in
    pass.add(gradientOfReLU(gradient, y), to: node)
  }
}

/// g y (1 − y).
func gradientOfSigmoid(_ g: Tensor, _ y: Tensor) -> Tensor {
  record(combine("sigmoid", g, y, .sigmoidGradient), from: g, y) { gradient, pass in
    pass.add(gradientOfSigmoid(gradient, y), to: g)
    pass.add(gradient * g * (1 - 2 * y), to: y)
  }
}

/// g (1 − y²).
func gradientOfTanh(_ g: Tensor, _ y: Tensor) -> Tensor {
  record(combine("tanh", g, y, .tanhGradient), from: g, y) { gradient, pass in
    pass.add(gradientOfTanh(gradient, y), to: g)
    pass.add(gradient * g * (-2 * y), to: y)
  }
}
