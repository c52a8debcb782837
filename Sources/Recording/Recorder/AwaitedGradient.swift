import Autodiff

/// A node of the tape whose gradient is awaited, and the last step in which its tensor was observed.
final class AwaitedGradient {
  fileprivate weak var node: Node?
  @exclusivity(unchecked) fileprivate var step: Int

  fileprivate init(_ node: Node?, _ step: Int) { (self.node, self.step) = (node, step) }
}

extension ProbedLayer {
  /// Calls `receive` with each gradient of a tensor, and the last step in which the tensor was observed. Returns false where the
  /// gradient is already awaited in this step.
  func awaitGradient(
    of tensor: Tensor, in step: Int, _ receive: @escaping (_ gradient: Tensor, _ step: Int) -> Void
  ) -> Bool {
    guard let node = tensor.node else { return true }
    // A leaf, such as a parameter's node, exists at every step and keeps its hooks.
    if let known = awaited.first(where: { $0.node === node }) {
      defer { known.step = step }
      return known.step != step
    }
    awaited.removeAll { $0.node == nil }
    let new = AwaitedGradient(node, step)
    awaited.append(new)
    tensor.addGradientHook { gradient in
      receive(gradient, new.step)
      return nil
    }
    return true
  }
}
