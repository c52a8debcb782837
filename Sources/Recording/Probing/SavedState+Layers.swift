import Autodiff
import NeuralNetworks

extension SavedState {
  /// Adds a tensor of each layer, by the layer's index.
  mutating func add(_ tensors: [Int: Tensor]) {
    for (index, tensor) in tensors { self.tensors["\(index)"] = tensor }
  }

  /// The tensors of layers by their indices.
  func tensors(of layers: [ProbedLayer]) -> [Int: Tensor] {
    var found: [Int: Tensor] = [:]
    for layer in layers { found[layer.index] = tensors["\(layer.index)"] }
    return found
  }
}

extension Int {
  /// The nearest whole number; 0 for NaN.
  init(clamping number: Double) {
    self = number.isNaN ? 0 : Int(exactly: number.rounded()) ?? (number < 0 ? .min : .max)
  }
}
