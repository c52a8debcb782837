// Activations by exponentials. A kernel computes each derivative in one pass; where the tape is on, the derivative is written in
// operations that have derivatives themselves.

/// ln(1 + eˣ), element by element: a smooth rectifier, whose derivative is `sigmoid`.
///
/// Source: Dugas et al., "Incorporating second-order functional knowledge for better option pricing", 2000.
public func softplus(_ x: Tensor) -> Tensor {
  record(x.map(.softplus), from: x) { gradient, pass in
    pass.add(tapeIsOn ? gradient * sigmoid(x) : combine(gradient, x, .softplus), to: x)
  }
}

/// x · sigmoid(x), element by element; also called swish.
///
/// Sources: Hendrycks and Gimpel, "Gaussian error linear units (GELUs)", 2016, arXiv:1606.08415; Elfwing, Uchibe and Doya,
/// "Sigmoid-weighted linear units for neural network function approximation in reinforcement learning", 2017,
/// arXiv:1702.03118.
public func silu(_ x: Tensor) -> Tensor {
  record(x.map(.silu), from: x) { gradient, pass in pass.add(gradientOfSiLU(gradient, x), to: x) }
}

/// x · tanh(ln(1 + eˣ)), element by element.
///
/// Source: Misra, "Mish: a self regularized non-monotonic activation function", 2019, arXiv:1908.08681.
public func mish(_ x: Tensor) -> Tensor {
  record(x.map(.mish), from: x) { gradient, pass in pass.add(gradientOfMish(gradient, x), to: x) }
}

/// x · Φ(x), element by element, where Φ(x) = (1 + erf(x / √2)) / 2 is the normal distribution function.
///
/// With `tanhApproximation`, Φ(x) ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, as in GPT-2 and BERT.
///
/// Source: Hendrycks and Gimpel, "Gaussian error linear units (GELUs)", 2016, arXiv:1606.08415.
public func gelu(_ x: Tensor, tanhApproximation: Bool = false) -> Tensor {
  guard !tanhApproximation else {
    return record(x.map(.geluByTanh), from: x) { gradient, pass in
      pass.add(gradientOfGELUByTanh(gradient, x), to: x)
    }
  }
  return record(x.map(.gelu), from: x) { gradient, pass in pass.add(gradientOfGELU(gradient, x), to: x) }
}

// Beyond these limits the derivatives are 0 or 1 to all digits, but a product with infinity would be NaN.
private let limitsOfSiLU: ClosedRange<Float> = -120...120
private let limitsOfGELU: ClosedRange<Float> = -40...40

/// g (s + x s (1 − s)), where s = sigmoid(x).
private func gradientOfSiLU(_ g: Tensor, _ x: Tensor) -> Tensor {
  guard tapeIsOn else { return combine(g, x, .silu) }
  let x = x.clamped(to: limitsOfSiLU)
  let share = sigmoid(x)
  return g * (share + x * share * (1 - share))
}

/// g (t + x s (1 − t²)), where t = tanh(ln(1 + eˣ)) and s = sigmoid(x).
private func gradientOfMish(_ g: Tensor, _ x: Tensor) -> Tensor {
  guard tapeIsOn else { return combine(g, x, .mish) }
  let x = x.clamped(to: limitsOfSiLU)
  let share = tanh(softplus(x))
  return g * (share + x * sigmoid(x) * (1 - share.squared()))
}

/// g (Φ(x) + x φ(x)), where φ = Φ′ is the normal distribution's density.
private func gradientOfGELU(_ g: Tensor, _ x: Tensor) -> Tensor {
  guard tapeIsOn else { return combine(g, x, .gelu) }
  let x = x.clamped(to: limitsOfGELU)
  return g * (normalCDF(x) + x * normalDensity(x))
}

/// g (s + x s (1 − s) u′), where s = sigmoid(u) and u = 2 √(2/π) (x + 0.044715 x³).
private func gradientOfGELUByTanh(_ g: Tensor, _ x: Tensor) -> Tensor {
  guard tapeIsOn else { return combine(g, x, .geluByTanh) }
  let x = x.clamped(to: limitsOfGELU), square = x.squared()
  let share = sigmoid(1.59576912 * (x + 0.044715 * (x * square)))
  return g * (share + x * share * (1 - share) * (1.59576912 * (1 + 0.134145 * square)))
}

private func normalCDF(_ x: Tensor) -> Tensor {
  record(x.map(.normalCDF), from: x) { gradient, pass in pass.add(gradient * normalDensity(x), to: x) }
}

private func normalDensity(_ x: Tensor) -> Tensor { 0.398942280 * exp(-0.5 * x.squared()) }
