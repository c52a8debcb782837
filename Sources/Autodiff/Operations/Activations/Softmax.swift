/// eˣ / Σ eˣ over the last dimension, of the same shape: probabilities that add up to 1. Stops the program if there is no last
/// dimension or its size is 0. Warns, once per module, if its size is 1.
public func softmax(_ x: Tensor) -> Tensor { softmax(x, axis: -1) }

/// As above, over any dimension, of the same shape. Negative dimensions count from the last. Stops the program if there is no such
/// dimension or its size is 0. Warns, once per module, if its size is 1.
public func softmax(_ x: Tensor, axis: Int) -> Tensor {
  let layout = summable(x, axis, "softmax")
  warnOfOneValue(x, layout, "softmax")
  return shares(x, layout)
}

/// As `softmax`, without a warning where there is one value: attention has a position's own score alone at the beginning of a sequence.
package func shares(_ x: Tensor, axis: Int = -1) -> Tensor { shares(x, summable(x, axis, "softmax")) }

private func shares(_ x: Tensor, _ layout: AxisLayout) -> Tensor {
  recordKeepingOutput(x.map(.softmax(layout.kernel)), from: x) { [node = x.node] gradient, pass in
    pass.add(gradientOfSoftmax(gradient, pass.output, layout), to: node)
  }
}

/// x − ln Σ eˣ over the last dimension, of the same shape: the logarithm of `softmax`, without loss of digits where probabilities
/// are near 0. Stops the program if there is no last dimension or its size is 0. Warns, once per module, if its size is 1.
public func logSoftmax(_ x: Tensor) -> Tensor { logSoftmax(x, axis: -1) }

/// As above, over any dimension, of the same shape. Negative dimensions count from the last. Stops the program if there is no such
/// dimension or its size is 0. Warns, once per module, if its size is 1.
public func logSoftmax(_ x: Tensor, axis: Int) -> Tensor {
  let layout = summable(x, axis, "logSoftmax")
  warnOfOneValue(x, layout, "logSoftmax")
  return recordKeepingOutput(x.map(.logSoftmax(layout.kernel)), from: x) { [node = x.node] gradient, pass in
    pass.add(gradientOfLogSoftmax(gradient, pass.output, layout), to: node)
  }
}

/// p (g − Σ g p).
private func gradientOfSoftmax(_ g: Tensor, _ p: Tensor, _ layout: AxisLayout) -> Tensor {
  guard !tapeIsOn else { return p * (g - (g * p).sum(axes: [layout.axis], keepingDimensions: true)) }
  return combine(g, p, .softmax(layout.kernel))
}

/// g − eʸ Σ g.
private func gradientOfLogSoftmax(_ g: Tensor, _ y: Tensor, _ layout: AxisLayout) -> Tensor {
  guard !tapeIsOn else { return g - exp(y) * g.sum(axes: [layout.axis], keepingDimensions: true) }
  return combine(g, y, .logSoftmax(layout.kernel))
}

private func warnOfOneValue(_ x: Tensor, _ layout: AxisLayout, _ operation: String) {
  guard layout.size == 1, x.elementCount > 0 else { return }
  let dimension = layout.axis == x.shape.count - 1 ? "the last dimension" : "dimension \(layout.axis)"
  warnOnce(
    operation,
    "\(dimension) of the shape \(x.shape) has one value, whose probability is always 1 and has no gradient; for one "
      + "output use sigmoid")
}

private func summable(_ x: Tensor, _ axis: Int, _ operation: String) -> AxisLayout {
  let layout = AxisLayout(axis, of: x.shape, operation)
  guard layout.size > 0 else {
    stop(operation, "dimension \(layout.axis) of the shape \(x.shape) has no elements to sum over")
  }
  return layout
}
