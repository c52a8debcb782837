import Autodiff

// What LSTM and GRU share.

/// The hidden state after each time step, [n, time, units], of x [n, time, features], from zeros. `step` computes the next state
/// from the input of one time step [n, features] and the state [n, units]. Stops the program, in the name of `layer`, unless x has three
/// dimensions and at least one time step.
func overTime(_ x: Tensor, units: Int, _ layer: String, _ step: (_ x: Tensor, _ h: Tensor) -> Tensor) -> Tensor {
  guard x.shape.count == 3, x.shape[1] > 0 else {
    stop(layer, "the input has the shape \(x.shape); it must be [n, time, features], with at least one time step")
  }
  var state = Tensor(repeating: 0, shape: [x.shape[0], units])
  let states = timeSteps(of: x).map { x in
    state = step(x, state)
    return state
  }
  return concatenated(states, axis: 1).reshaped([x.shape[0], x.shape[1], units])
}

/// The parts [n, features] of x [n, time, features], one per time step. Each half is cut into halves, since each cut adds a tensor of the
/// size of what it cuts to the backward pass: log₂(time) times the elements of x, not time times.
private func timeSteps(of x: Tensor) -> [Tensor] {
  let time = x.shape[1]
  guard time > 1 else { return [x.reshaped([x.shape[0], x.shape[2]])] }
  return timeSteps(of: x.sliced(1, 0..<time / 2)) + timeSteps(of: x.sliced(1, time / 2..<time))
}

/// A linear layer from `inputs` to the parts of `gates` gates, [gates · units]. `value` is added to those elements of the bias that
/// `range` names, the forget gate's.
func gateLayer(
  _ gates: Int, _ inputs: Int, _ units: Int, _ initializer: Initializer?, adding value: Float = 0,
  to range: Range<Int> = 0..<0
) -> Linear {
  // PyTorch scales all parameters by the units, also the weights of the inputs.
  let fan = initializer == nil ? Fan(inputs: units, outputs: gates * units) : nil
  let bias = initializer == nil ? Initializer.pyTorchDefault : .zeros
  return Linear(
    weight: Parameter([gates * units, inputs], initializer: initializer ?? .pyTorchDefault, fan: fan),
    bias: Parameter([gates * units], initializer: bias.adding(value, to: range, "the forget gate"), fan: fan))
}
