/// The sine of x in radians, element by element; its derivative is the cosine.
public func sin(_ x: Tensor) -> Tensor {
  record(x.map(.sin), from: x) { gradient, pass in pass.add(gradient * cos(x), to: x) }
}

/// The cosine of x in radians, element by element; its derivative is −sin x.
public func cos(_ x: Tensor) -> Tensor {
  record(x.map(.cos), from: x) { gradient, pass in pass.add(-gradient * sin(x), to: x) }
}

/// The error function 2/√π ∫₀ˣ exp(−t²) dt, element by element, from −1 to 1; its derivative is 2/√π exp(−x²).
public func erf(_ x: Tensor) -> Tensor {
  record(x.map(.erf), from: x) { gradient, pass in
    pass.add(gradient * (1.12837917 * exp(-x.squared())), to: x)
  }
}
