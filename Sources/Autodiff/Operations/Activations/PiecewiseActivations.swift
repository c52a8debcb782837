// Activations of two or three pieces. Their derivatives are operations too, so that gradients have gradients; all but that of
// softsign need only the output, which the next layer keeps anyway.

/// The leaky rectifier: x above 0, slope · x below, element by element; the derivative at 0 is the slope. Stops the program if
/// the slope is negative.
///
/// Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.
public func leakyReLU(_ x: Tensor, slope: Float = 0.01) -> Tensor {
  guard slope >= 0 else { stop("leakyReLU", "the slope \(slope) is negative") }
  let output = combine(x, x, .gate(below: slope, above: 1))
  return recordKeepingOutput(output, from: x) { [node = x.node] gradient, pass in
    pass.add(gated(gradient, by: pass.output, below: slope, above: 1), to: node)
  }
}

/// The exponential linear unit: x above 0, α (eˣ − 1) below, element by element; α is 1 by default. The derivative at 0 is α, as in
/// PyTorch. Stops the program if α is negative.
///
/// The derivative is computed from the output, as y + α, since the next layer keeps the output anyway, and keeping x too would
/// double the memory of activations. Its error is at most 6·10⁻⁸ α, which below x = −6 is more than 10⁻⁵ of it; below −17 it is 0.
///
/// Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units (ELUs)",
/// 2015, arXiv:1511.07289.
public func elu(_ x: Tensor, alpha: Float = 1) -> Tensor {
  guard alpha >= 0 else { stop("elu", "α is \(alpha), it must not be negative") }
  return exponentialLinear(x, scale: 1, alpha: alpha)
}

/// The self-normalizing unit λ · elu(x), element by element, with the λ ≈ 1.0507 and α ≈ 1.6733 that keep mean 0 and variance 1
/// from layer to layer when weights have variance 1 / inputs. The derivative at 0 is λ α, as in PyTorch.
///
/// Source: Klambauer et al., "Self-normalizing neural networks", 2017, arXiv:1706.02515.
public func selu(_ x: Tensor) -> Tensor {
  exponentialLinear(x, scale: 1.05070098735548049, alpha: 1.67326324235437728)
}

/// x / (1 + |x|), element by element: like tanh, but its derivative 1 / (1 + |x|)² falls slowly.
///
/// Source: Bergstra, Desjardins, Lamblin and Bengio, "Quadratic polynomials learn better image features", 2009.
public func softsign(_ x: Tensor) -> Tensor {
  record(x.map(.softsign), from: x) { gradient, pass in pass.add(gradientOfSoftsign(gradient, x), to: x) }
}

/// x between −1 and 1, otherwise the nearer of the two, element by element. The derivative at −1 and 1 is 0, as in PyTorch, and
/// unlike that of `clamped`; so it follows from the output.
///
/// Source: Collobert, "Large scale machine learning", 2004.
public func hardTanh(_ x: Tensor) -> Tensor {
  recordKeepingOutput(x.clipped(to: -1...1), from: x) { [node = x.node] gradient, pass in
    pass.add(gradientOfClamping(gradient, pass.output, Float(-1).nextUp...Float(1).nextDown), to: node)
  }
}

/// x / 6 + 1/2, clamped to 0 … 1, element by element: a sigmoid of three straight pieces. The derivative at ±3 is 0, as in PyTorch.
///
/// Source: Courbariaux, Bengio and David, "BinaryConnect", 2015, arXiv:1511.00363, there with other numbers.
public func hardSigmoid(_ x: Tensor) -> Tensor { 0.5 * hardTanh((1 / 3) * x) + 0.5 }

/// x · hardSigmoid(x), element by element: 0 below −3 and x above 3. The derivative is 0 at −3 and 1 at 3, as in PyTorch.
///
/// Source: Howard et al., "Searching for MobileNetV3", 2019, arXiv:1905.02244.
public func hardSwish(_ x: Tensor) -> Tensor {
  // Rounded once where x has 16 bits. Without the limit −∞ would be multiplied by 0.
  let wide = x.cast(to: .float32)
  return (wide.clamped(to: (-3)...) * hardSigmoid(wide)).cast(to: x.precision)
}

/// x above 0, slope · x below, element by element; the derivative at 0 is the slope, as in PyTorch. The slope is trained: a tensor that
/// broadcasts to the shape of x, such as [1], or [channels] for one per channel of [n, …, channels]. Stops the program if it does
/// not broadcast.
///
/// Source: He et al., "Delving deep into rectifiers", 2015, arXiv:1502.01852.
public func prelu(_ x: Tensor, slope: Tensor) -> Tensor {
  guard slope.shape.broadcast(with: x.shape) == x.shape else {
    stop("prelu", x.shape, slope.shape, "each size of the slope is that of x or 1")
  }
  // Above 0 no slope reaches the output, not even NaN.
  return relu(x) + masked(slope * x.clamped(to: ...0), by: x .<= 0)
}

/// a · sigmoid(b), where a is the first half of the last dimension and b the second: [n, …, 2 width] to [n, …, width]. Stops the
/// program unless the last dimension is even.
///
/// Source: Dauphin et al., "Language modeling with gated convolutional networks", 2016, arXiv:1612.08083.
public func glu(_ x: Tensor) -> Tensor {
  guard let size = x.shape.last, size % 2 == 0 else {
    stop("glu", "the last dimension of the shape \(x.shape) can't be split into halves")
  }
  return x.sliced(-1, 0..<size / 2) * sigmoid(x.sliced(-1, size / 2..<size))
}

private func exponentialLinear(_ x: Tensor, scale: Float, alpha: Float) -> Tensor {
  let output = x.map(.elu(scale: scale, alpha: alpha))
  return recordKeepingOutput(output, from: x) { [node = x.node] gradient, pass in
    pass.add(gradientOfExponentialLinear(gradient, pass.output, scale: scale, alpha: alpha), to: node)
  }
}

/// scale · g where y > 0, otherwise g (y + scale · α).
private func gradientOfExponentialLinear(_ g: Tensor, _ y: Tensor, scale: Float, alpha: Float) -> Tensor {
  let product = combine(g, y, .elu(scale: scale, alpha: alpha))
  return record(product, from: g, y) { gradient, pass in
    pass.add(gradientOfExponentialLinear(gradient, y, scale: scale, alpha: alpha), to: g)
    pass.add(gated(gradient * g, by: y, below: 1, above: 0), to: y)
  }
}

/// above · g where y > 0, otherwise below · g.
private func gated(_ g: Tensor, by y: Tensor, below: Float, above: Float) -> Tensor {
  record(combine(g, y, .gate(below: below, above: above)), from: g) { gradient, pass in
    pass.add(gated(gradient, by: y, below: below, above: above), to: g)
  }
}

/// g / (1 + |x|)².
private func gradientOfSoftsign(_ g: Tensor, _ x: Tensor) -> Tensor {
  guard !tapeIsOn else {
    let share = 1 / (1 + x.absolute())
    return g * share * share
  }
  return combine(g, x, .softsign)
}
