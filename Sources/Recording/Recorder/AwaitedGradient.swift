import Autodiff

/// A place on the tape whose gradient is waited for, under the name under which its tensor is observed.
final class AwaitedGradient {
  fileprivate weak var place: Node?
  /// The last step in which the tensor was observed.
  @exclusivity(unchecked) fileprivate var step: Int

  fileprivate init(_ place: Node?, _ step: Int) { (self.place, self.step) = (place, step) }
}

extension ProbedLayer {
  /// Calls `note` with each gradient that comes to a tensor, and the step in which it was observed last. False where it is waited
  /// for in this step already.
  func awaitGradient(
    of tensor: Tensor, in step: Int, _ note: @escaping (_ gradient: Tensor, _ step: Int) -> Void
  ) -> Bool {
    guard let place = tensor.node else { return true }
    // A leaf, such as a parameter's, is there at every step, and keeps its hooks.
    if let known = awaited.first(where: { $0.place === place }) {
      defer { known.step = step }
      return known.step != step
    }
    awaited.removeAll { $0.place == nil }
    let new = AwaitedGradient(place, step)
    awaited.append(new)
    tensor.addGradientHook { gradient in
      note(gradient, new.step)
      return nil
    }
    return true
  }
}
