import Autodiff
import NeuralNetworks

extension SavedState {
  /// Adds a tensor of each layer, by the layer's index.
  mutating func add(_ tensors: [Int: Tensor]) {
    for (index, tensor) in tensors { self.tensors["\(index)"] = tensor }
  }

  /// The tensors of layers by their indices, each of the shape of the layer's weight. Throws a `SavedStateError` if one has another.
  func weights(of layers: [ProbedLayer]) throws(SavedStateError) -> [Int: Tensor] {
    var found: [Int: Tensor] = [:]
    for layer in layers {
      guard let name = layer.weightName, let weight = layer.parameter(name) else { continue }
      found[layer.index] = try tensor("\(layer.index)", weight.shape)
    }
    return found
  }
}
