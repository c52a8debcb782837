import CKernels

/// Steps of recurrent cells for `rows` samples and `units` units. Nothing here is on the tape.
struct RecurrentKernels {
  let rows, units: Int

  /// Those of the state before.
  init(of state: Tensor) { (rows, units) = (state.shape[0], state.shape[1]) }

  /// sigmoid(f) c + sigmoid(i) tanh(g), [rows, units], of gates [rows, 4 · units] and c [rows, units].
  func lstmMemory(_ gates: Tensor, _ c: Tensor) -> Tensor { next(gates, c, lstm_memory) }

  /// The gradients of i, f and g, [rows, 3 · units], and of c for the gradient d of the next cell state.
  func lstmMemoryGradients(_ d: Tensor, _ gates: Tensor, _ c: Tensor) -> (gates: Tensor, c: Tensor) {
    gradients(d, gates, c, parts: 3, lstm_memory_gradient)
  }

  /// sigmoid(o) tanh(c), [rows, units].
  func lstmState(_ gates: Tensor, _ c: Tensor) -> Tensor { next(gates, c, lstm_state) }

  /// The gradients of the gates, [rows, 4 · units], 0 but for o, and of c for the gradient d of the next state.
  func lstmStateGradients(_ d: Tensor, _ gates: Tensor, _ c: Tensor) -> (gates: Tensor, c: Tensor) {
    gradients(d, gates, c, parts: 4, lstm_state_gradient)
  }

  private typealias In = UnsafePointer<Float>
  private typealias Out = UnsafeMutablePointer<Float>

  private func next(_ gates: Tensor, _ c: Tensor, _ kernel: (In, In, Out, Int, Int) -> Void) -> Tensor {
    let next = matrix(1)
    withFloat32(gates, c) { gates, c in
      inRows { first, count in kernel(gates + 4 * first, c + first, next.elements + first, count, units) }
    }
    return next.castWithoutTape(to: commonPrecision(gates, c))
  }

  /// The gradients of so many parts of the gates, and of c.
  private func gradients(
    _ d: Tensor, _ gates: Tensor, _ c: Tensor, parts: Int, _ kernel: (In, In, In, Out, Out, Int, Int) -> Void
  ) -> (gates: Tensor, c: Tensor) {
    let ofGates = matrix(parts), ofC = matrix(1)
    d.withFloat32 { d in
      withFloat32(gates, c) { gates, c in
        inRows { first, count in
          kernel(
            d + first, gates + 4 * first, c + first, ofGates.elements + parts * first, ofC.elements + first, count,
            units)
        }
      }
    }
    return (ofGates, ofC)
  }

  /// The next state of a GRU, [rows, units], of x and u [rows, 3 · units] and h [rows, units].
  func gruState(_ x: Tensor, _ u: Tensor, _ h: Tensor) -> Tensor {
    let next = matrix(1)
    h.withFloat32 { h in
      withFloat32(x, u) { x, u in
        inRows { first, count in
          gru_state(x + 3 * first, u + 3 * first, h + first, next.elements + first, count, units)
        }
      }
    }
    return next.castWithoutTape(to: x.precision == u.precision ? commonPrecision(x, h) : .float32)
  }

  /// The gradients of x, u and h for the gradient d of the next state.
  func gruStateGradients(_ d: Tensor, _ x: Tensor, _ u: Tensor, _ h: Tensor) -> (x: Tensor, u: Tensor, h: Tensor) {
    let ofX = matrix(3), ofU = matrix(3), ofH = matrix(1)
    withFloat32(d, h) { d, h in
      withFloat32(x, u) { x, u in
        inRows { first, count in
          gru_state_gradient(
            d + first, x + 3 * first, u + 3 * first, h + first, ofX.elements + 3 * first, ofU.elements + 3 * first,
            ofH.elements + first, count, units)
        }
      }
    }
    return (ofX, ofU, ofH)
  }

  /// Calls `body` with the first of the state's elements and the number of rows of each chunk of rows.
  private func inRows(_ body: (_ first: Int, _ count: Int) -> Void) {
    inChunks(of: rows, width: 4 * units) { body($0.lowerBound * units, $0.count) }
  }

  /// A matrix of so many parts, not filled.
  private func matrix(_ parts: Int) -> Tensor {
    let shape = Shape(rows: rows, columns: parts * units)
    return Tensor(shape: shape, buffer: Buffer(shape: shape))
  }
}
