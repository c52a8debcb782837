import CKernels

/// Steps of recurrent cells for `rows` samples and `units` units. Nothing here is on the tape.
struct RecurrentKernels {
  let rows, units: Int

  /// Those of the state before.
  init(of state: Tensor) { (rows, units) = (state.shape[0], state.shape[1]) }

  /// sigmoid(f) c + sigmoid(i) tanh(g), [rows, units], of gates [rows, 4 · units] and c [rows, units].
  func lstmMemory(_ gates: Tensor, _ c: Tensor) -> Tensor {
    let next = matrix(1)
    withFloat32(gates, c) { lstm_memory($0, $1, next.elements, rows, units) }
    return next.castWithoutTape(to: commonPrecision(gates, c))
  }

  /// The gradients of i, f and g, [rows, 3 · units], and of c for the gradient d of the next cell state.
  func lstmMemoryGradients(_ d: Tensor, _ gates: Tensor, _ c: Tensor) -> (gates: Tensor, c: Tensor) {
    let ofGates = matrix(3), ofC = matrix(1)
    d.withFloat32 { d in
      withFloat32(gates, c) { lstm_memory_gradient(d, $0, $1, ofGates.elements, ofC.elements, rows, units) }
    }
    return (ofGates, ofC)
  }

  /// sigmoid(o) tanh(c), [rows, units].
  func lstmState(_ gates: Tensor, _ c: Tensor) -> Tensor {
    let next = matrix(1)
    withFloat32(gates, c) { lstm_state($0, $1, next.elements, rows, units) }
    return next.castWithoutTape(to: commonPrecision(gates, c))
  }

  /// The gradients of the gates, [rows, 4 · units], 0 but for o, and of c for the gradient d of the next state.
  func lstmStateGradients(_ d: Tensor, _ gates: Tensor, _ c: Tensor) -> (gates: Tensor, c: Tensor) {
    let ofGates = matrix(4), ofC = matrix(1)
    d.withFloat32 { d in
      withFloat32(gates, c) { lstm_state_gradient(d, $0, $1, ofGates.elements, ofC.elements, rows, units) }
    }
    return (ofGates, ofC)
  }

  /// The next state of a GRU, [rows, units], of x and u [rows, 3 · units] and h [rows, units].
  func gruState(_ x: Tensor, _ u: Tensor, _ h: Tensor) -> Tensor {
    let next = matrix(1)
    h.withFloat32 { h in withFloat32(x, u) { gru_state($0, $1, h, next.elements, rows, units) } }
    return next.castWithoutTape(to: x.precision == u.precision ? commonPrecision(x, h) : .float32)
  }

  /// The gradients of x, u and h for the gradient d of the next state.
  func gruStateGradients(_ d: Tensor, _ x: Tensor, _ u: Tensor, _ h: Tensor) -> (x: Tensor, u: Tensor, h: Tensor) {
    let ofX = matrix(3), ofU = matrix(3), ofH = matrix(1)
    withFloat32(d, h) { d, h in
      withFloat32(x, u) {
        gru_state_gradient(d, $0, $1, h, ofX.elements, ofU.elements, ofH.elements, rows, units)
      }
    }
    return (ofX, ofU, ofH)
  }

  /// A matrix of so many parts, not filled.
  private func matrix(_ parts: Int) -> Tensor {
    let shape = Shape(rows: rows, columns: parts * units)
    return Tensor(shape: shape, buffer: Buffer(shape: shape))
  }
}
