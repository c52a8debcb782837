/// The tensors with nodes of their own, whose gradients in a backward pass are passed on together: once all that arrive have arrived,
/// `hook` gets them, nil for tensors that no gradient arrives at, and returns those that go on to `tensors`.
///
/// Tensors that are not on the tape stay as they are.
package func joined(_ tensors: [Tensor], _ hook: @escaping (_ gradients: [Tensor?]) -> [Tensor?]) -> [Tensor] {
  let nodes = tensors.map(\.node), present = nodes.compactMap { $0 }
  guard tapeIsOn, !present.isEmpty else { return tensors }
  let arrived = ArrivedGradients(count: tensors.count)
  // It has the lowest number of the new nodes, so it is visited after those of them that gradients reach.
  let gate = Node(of: Tensor(0), from: NodeInputs(present), by: "joined") { _, pass in
    let gradients = arrived.take(in: pass), shown = gradients.map { $0.map(pass.shown) }
    for (index, new) in hook(shown).enumerated() {
      guard let new else { continue }
      pass.add(new === shown[index] ? gradients[index]! : pass.scaled(new), to: nodes[index])
    }
  }
  return zip(tensors.indices, tensors).map { index, tensor in
    guard tensor.node != nil else { return tensor }
    let output = tensor.detached()
    (output.layerDepth, output.isModuleOutput) = (tensor.layerDepth, tensor.isModuleOutput)
    output.place(
      at: Node(of: output, from: NodeInputs(gate), by: "joined") { gradient, pass in
        arrived.set(gradient, at: index, in: pass)
        pass.add(Tensor(0), to: gate)
      })
    return output
  }
}

/// The gradients of joined tensors, by the number of the backward pass, since passes may run inside of others.
private final class ArrivedGradients {
  private let count: Int
  private var open: [Int64: [Tensor?]] = [:]

  init(count: Int) { self.count = count }

  func set(_ gradient: Tensor, at index: Int, in pass: BackwardPass) {
    open[pass.number, default: [Tensor?](repeating: nil, count: count)][index] = gradient
  }

  func take(in pass: BackwardPass) -> [Tensor?] { open.removeValue(forKey: pass.number)! }
}
