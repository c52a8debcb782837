// Steps of recurrent cells after their products. A kernel computes each in one pass, and its gradients in another; where the tape is on,
// the gradients are written in operations that have gradients themselves.

/// An LSTM's next cell state sigmoid(f) c + sigmoid(i) tanh(g), [n, units], of c [n, units] and gates [n, 4 · units] in the order i, f, g,
/// o. Stops the program if the shapes don't fit.
package func lstmMemory(_ gates: Tensor, _ c: Tensor) -> Tensor {
  checkGates(gates, 4, c, "lstmMemory")
  let kernels = RecurrentKernels(of: c)
  return record(kernels.lstmMemory(gates, c), from: gates, c) { gradient, pass in
    guard tapeIsOn else {
      let found = kernels.lstmMemoryGradients(gradient, gates, c)
      pass.add(found.c, to: c)
      return addPart(found.gates, 0..<3 * kernels.units, of: gates, pass)
    }
    let parts = gates.split(axis: 1, parts: 4), i = sigmoid(parts[0]), f = sigmoid(parts[1]), g = tanh(parts[2])
    let ofI = gradient * g * (i * (1 - i)), ofF = gradient * c * (f * (1 - f)), ofG = gradient * i * (1 - g.squared())
    addPart(concatenated([ofI, ofF, ofG], axis: 1), 0..<3 * kernels.units, of: gates, pass)
    pass.add(gradient * f, to: c)
  }
}

/// An LSTM's next hidden state sigmoid(o) tanh(c), [n, units], of its cell state c [n, units] and gates [n, 4 · units] in the order i, f, g,
/// o. Stops the program if the shapes don't fit.
package func lstmState(_ gates: Tensor, _ c: Tensor) -> Tensor {
  checkGates(gates, 4, c, "lstmState")
  let kernels = RecurrentKernels(of: c)
  return record(kernels.lstmState(gates, c), from: gates, c) { gradient, pass in
    guard tapeIsOn else {
      let found = kernels.lstmStateGradients(gradient, gates, c)
      pass.add(found.gates, to: gates)
      return pass.add(found.c, to: c)
    }
    let o = sigmoid(gates.split(axis: 1, parts: 4)[3]), seen = tanh(c)
    addPart(gradient * seen * (o * (1 - o)), 3 * kernels.units..<4 * kernels.units, of: gates, pass)
    pass.add(gradient * o * (1 - seen.squared()), to: c)
  }
}

/// A GRU's next state (1 − z) tanh(n + r m) + z h, [n, units], with r, z = sigmoid(r + s), sigmoid(z + y), of x [n, 3 · units] in the order
/// r, z, n, u [n, 3 · units] in the order s, y, m, and h [n, units]. Stops the program if the shapes don't fit.
package func gruState(_ x: Tensor, _ u: Tensor, _ h: Tensor) -> Tensor {
  checkGates(x, 3, h, "gruState")
  checkGates(u, 3, h, "gruState")
  let kernels = RecurrentKernels(of: h)
  return record(kernels.gruState(x, u, h), from: x, u, h) { gradient, pass in
    guard tapeIsOn else {
      let found = kernels.gruStateGradients(gradient, x, u, h)
      pass.add(found.x, to: x)
      pass.add(found.u, to: u)
      return pass.add(found.h, to: h)
    }
    let ofX = x.split(axis: 1, parts: 3), ofU = u.split(axis: 1, parts: 3)
    let r = sigmoid(ofX[0] + ofU[0]), z = sigmoid(ofX[1] + ofU[1]), n = tanh(ofX[2] + r * ofU[2])
    let ofN = gradient * (1 - z) * (1 - n.squared())
    let ofR = ofN * ofU[2] * (r * (1 - r)), ofZ = gradient * (h - n) * (z * (1 - z))
    pass.add(concatenated([ofR, ofZ, ofN], axis: 1), to: x)
    pass.add(concatenated([ofR, ofZ, ofN * r], axis: 1), to: u)
    pass.add(gradient * z, to: h)
  }
}

/// Adds to columns of the gradient of a matrix.
private func addPart(_ part: Tensor, _ columns: Range<Int>, of whole: Tensor, _ pass: BackwardPass) {
  let layout = SliceLayout(1, columns, of: whole.shape, "gates")
  guard let node = whole.node, !pass.add(part, inPlaceAt: layout, of: node) else { return }
  pass.add(part.padded(1, before: columns.lowerBound, after: whole.shape[1] - columns.upperBound), to: node)
}

private func checkGates(_ gates: Tensor, _ count: Int, _ state: Tensor, _ operation: String) {
  guard state.shape.count == 2, gates.shape == [state.shape[0], count * state.shape[1]] else {
    stop(operation, gates.shape, state.shape, "gates are [n, \(count) · units] and a state [n, units]")
  }
}
