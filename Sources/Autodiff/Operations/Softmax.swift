import CKernels

/// eˣ / Σ eˣ over the last dimension: shares that add up to 1.
public func softmax(_ x: Tensor) -> Tensor {
  let classes = classes(of: x, "softmax")
  let output = x.map { x, y, n in softmax_rows(x, y, n / classes, classes) }
  return recordKeepingOutput(output, from: x) { [place = x.node] gradient, pass in
    pass.add(gradientOfSoftmax(gradient, pass.output), to: place)
  }
}

/// x − ln Σ eˣ over the last dimension: the logarithm of `softmax`, which keeps its digits where shares are nearly 0.
public func logSoftmax(_ x: Tensor) -> Tensor {
  let classes = classes(of: x, "logSoftmax")
  let output = x.map { x, y, n in log_softmax_rows(x, y, n / classes, classes) }
  return recordKeepingOutput(output, from: x) { [place = x.node] gradient, pass in
    pass.add(gradientOfLogSoftmax(gradient, pass.output), to: place)
  }
}

/// p (g − Σ g p).
private func gradientOfSoftmax(_ g: Tensor, _ p: Tensor) -> Tensor {
  guard !tapeIsOn else { return p * (g - (g * p).sum(axes: [-1], keepingDimensions: true)) }
  let classes = p.shape.last!
  return combine(g, p) { g, p, d, n in softmax_gradient(g, p, d, n / classes, classes) }
}

/// g − eʸ Σ g.
private func gradientOfLogSoftmax(_ g: Tensor, _ y: Tensor) -> Tensor {
  guard !tapeIsOn else { return g - exp(y) * g.sum(axes: [-1], keepingDimensions: true) }
  let classes = y.shape.last!
  return combine(g, y) { g, y, d, n in log_softmax_gradient(g, y, d, n / classes, classes) }
}

private func classes(of x: Tensor, _ operation: String) -> Int {
  guard let classes = x.shape.last, classes > 0 else {
    stop(operation, "the shape \(x.shape) has no last dimension to sum over")
  }
  return classes
}
