import Autodiff
import NeuralNetworks

/// Recurrent layers.
let recurrentMappings: [String: ONNXMapping] = [
  // ONNX's gates i, o, f and c are i, f, g and o of the project.
  "LSTM": { node in
    let isBatchFirst = node.integer("layout", 0) == 1, units = node.integer("hidden_size", 0)
    let x = try node.tensor(0), input = try node.tensor(1), hidden = try node.tensor(2), bias = try node.tensorIfAny(3)
    // The layer has no initial state, no lengths and no peepholes.
    try node.need(!node.has(4) && !node.has(5) && !node.has(6) && !node.has(7) && node.outputs < 3)
    let direction = node.text("direction", "forward")
    let sequence = isBatchFirst ? x : x.transposed(1, 0, 2)
    let isReversed = direction == "bidirectional" ? [false, true] : [direction == "reverse"]
    var outputs: [Tensor] = [], last: [Tensor] = []
    for (place, isReversed) in isReversed.enumerated() {
      func part(_ tensor: Tensor, _ offset: Int = 0) -> Tensor {
        let own = tensor.sliced(0, place..<place + 1), rows = 4 * units
        let gates = own.reshaped(Shape(own.shape.dropFirst())).sliced(0, offset..<offset + rows).split(
          axis: 0, parts: 4)
        return concatenated([gates[0], gates[2], gates[3], gates[1]], axis: 0)
      }
      let layer = LSTM(x.shape[2], units)
      layer.cell.input.weight.set(part(input))
      layer.cell.hidden.weight.set(part(hidden))
      let none = Tensor(repeating: 0, shape: [4 * units])
      layer.cell.input.bias!.set(bias.map { part($0) } ?? none)
      layer.cell.hidden.bias!.set(bias.map { part($0, 4 * units) } ?? none)
      let y = layer(isReversed ? sequence.flipped(axes: [1]) : sequence)
      last.append(y.sliced(1, y.shape[1] - 1..<y.shape[1]).reshaped([y.shape[0], units]))
      outputs.append(isReversed ? y.flipped(axes: [1]) : y)
    }
    return isBatchFirst
      ? [stacked(outputs, axis: 2), stacked(last, axis: 1)]
      : [stacked(outputs, axis: 2).transposed(1, 2, 0, 3), stacked(last, axis: 0)]
  },
  // In all cases the reset gate multiplies the state before the product; the project's multiplies what the product gives.
  "GRU": { _ in throw LeftOut.option },
]
