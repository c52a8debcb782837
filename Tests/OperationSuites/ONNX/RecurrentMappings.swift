import Autodiff
import NeuralNetworks

/// Recurrent layers.
let recurrentMappings: [String: ONNXMapping] = [
  "RNN": { node in try recurrent(node, gates: [0]) { RNN($0, $1, isBidirectional: $2) } },
  // ONNX's gates i, o, f and c are i, f, g and o of the project. It has no peepholes.
  "LSTM": { node in
    try node.need(!node.has(7))
    return try recurrent(node, gates: [0, 2, 3, 1]) { LSTM($0, $1, isBidirectional: $2) }
  },
  // In all cases the reset gate multiplies the state before the product; the project's multiplies what the product gives.
  "GRU": { _ in throw LeftOut.option },
]

/// A node's layer with its weights, whose gates are ONNX's of these numbers.
private func recurrent<Cell: RecurrentCell>(
  _ node: ONNXNode, gates: [Int],
  _ makeLayer: (_ features: Int, _ units: Int, _ isBidirectional: Bool) -> RecurrentLayer<Cell>
) throws -> [Tensor] {
  let isBatchFirst = node.integer("layout", 0) == 1, units = node.integer("hidden_size", 0)
  let x = try node.tensor(0), input = try node.tensor(1), hidden = try node.tensor(2), bias = try node.tensorIfAny(3)
  let direction = node.text("direction", "forward"), isReverse = direction == "reverse"
  let layer = makeLayer(x.shape[2], units, direction == "bidirectional")
  for (place, cell) in layer.cells.enumerated() {
    func part(_ tensor: Tensor, _ offset: Int = 0) -> Tensor {
      let own = tensor.sliced(0, place..<place + 1), rows = offset..<offset + gates.count * units
      let parts = own.reshaped(Shape(own.shape.dropFirst())).sliced(0, rows).split(axis: 0, parts: gates.count)
      return concatenated(gates.map { parts[$0] }, axis: 0)
    }
    let none = Tensor(repeating: 0, shape: [gates.count * units])
    cell.input.weight.set(part(input))
    cell.hidden.weight.set(part(hidden))
    cell.input.bias!.set(bias.map { part($0) } ?? none)
    cell.hidden.bias!.set(bias.map { part($0, gates.count * units) } ?? none)
  }
  let sequence = isBatchFirst ? x : x.transposed(1, 0, 2), count = sequence.shape[0], time = sequence.shape[1]
  var inputs = [isReverse ? sequence.flipped(axes: [1]) : sequence]
  // A reversed sequence begins with its padding, which the layer would not skip in the same way.
  if let lengths = try node.integersIfAny(4) {
    try node.need(!isReverse)
    inputs.append(sequenceMask(lengths, length: time))
  }
  let states = try [node.tensorIfAny(5), node.tensorIfAny(6)].compactMap { $0 }
  inputs.insert(contentsOf: states.map { isBatchFirst ? $0.transposed(1, 0, 2) : $0 }, at: 1)
  if states.isEmpty, inputs.count == 2 {
    inputs.insert(
      contentsOf: (0..<(Cell.self == LSTMCell.self ? 2 : 1)).map { _ in
        Tensor(repeating: 0, shape: [layer.cells.count, count, units])
      }, at: 1)
  }
  var outputs = layer(inputs)
  if isReverse { outputs[0] = outputs[0].flipped(axes: [1]) }
  let byDirection = outputs[0].reshaped(count, time, layer.cells.count, units)
  return [isBatchFirst ? byDirection : byDirection.transposed(1, 2, 0, 3)]
    + outputs.dropFirst().map { isBatchFirst ? $0.transposed(1, 0, 2) : $0 }
}
