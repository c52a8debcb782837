/// eˣ / Σ eˣ over the last dimension, of the same shape: probabilities that add up to 1. Stops the program if there is no last
/// dimension or its size is 0. Warns, once per module, if its size is 1.
public func softmax(_ x: Tensor) -> Tensor {
  warnOfOneValue(x, "softmax")
  return shares(x)
}

/// As `softmax`, without a warning where there is one value: attention has a position's own score alone at the beginning of a sequence.
package func shares(_ x: Tensor) -> Tensor {
  let classes = classes(of: x, "softmax")
  let output = x.map(.softmax(columns: classes))
  return recordKeepingOutput(output, from: x) { [node = x.node] gradient, pass in
    pass.add(gradientOfSoftmax(gradient, pass.output), to: node)
  }
}

/// x − ln Σ eˣ over the last dimension, of the same shape: the logarithm of `softmax`, without loss of digits where probabilities
/// are near 0. Stops the program if there is no last dimension or its size is 0. Warns, once per module, if its size is 1.
public func logSoftmax(_ x: Tensor) -> Tensor {
  warnOfOneValue(x, "logSoftmax")
  let classes = classes(of: x, "logSoftmax")
  let output = x.map(.logSoftmax(columns: classes))
  return recordKeepingOutput(output, from: x) { [node = x.node] gradient, pass in
    pass.add(gradientOfLogSoftmax(gradient, pass.output), to: node)
  }
}

/// p (g − Σ g p).
private func gradientOfSoftmax(_ g: Tensor, _ p: Tensor) -> Tensor {
  guard !tapeIsOn else { return p * (g - (g * p).sum(axes: [-1], keepingDimensions: true)) }
  return combine(g, p, .softmax(columns: p.shape.last!))
}

/// g − eʸ Σ g.
private func gradientOfLogSoftmax(_ g: Tensor, _ y: Tensor) -> Tensor {
  guard !tapeIsOn else { return g - exp(y) * g.sum(axes: [-1], keepingDimensions: true) }
  return combine(g, y, .logSoftmax(columns: y.shape.last!))
}

private func warnOfOneValue(_ x: Tensor, _ operation: String) {
  guard x.shape.last == 1, x.elementCount > 0 else { return }
  warnOnce(
    operation,
    "the last dimension of the shape \(x.shape) has one value, whose probability is always 1 and has no gradient; for one "
      + "output use sigmoid")
}

private func classes(of x: Tensor, _ operation: String) -> Int {
  guard let classes = x.shape.last, classes > 0 else {
    stop(operation, "the shape \(x.shape) has no last dimension to sum over")
  }
  return classes
}
