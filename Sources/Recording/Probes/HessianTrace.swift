import Autodiff
import Foundation
import NeuralNetworks
import RunFile
import Support

/// The trace of the loss's Hessian: `hessian_trace`, of the whole model and of each layer's own parameters.
///
/// The mean of zᵀ H z over vectors z of random signs, which is exact if H is diagonal. The loss is that of the step's batch, with the
/// parameters after the step and without the model's hooks; `Recorder.step` needs `again`.
///
/// Source: Hutchinson, "A stochastic estimator of the trace of the influence matrix", 1989.
public struct HessianTrace: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.hessianTrace.rawValue, quantity: "mean of zᵀ H z over random signs z, H = ∂²L/∂θ²",
    unit: "loss / parameter²",
    cost: "a step, and about two steps for each vector", source: "Hutchinson 1989; Yao et al. 2019, arXiv:1912.07145")
  /// The closure that computes the loss again.
  public let needs: ProbeNeeds = .lossAgain
  private let vectors: Int
  private var random: RandomStream

  /// A probe with `vectors` random vectors per step, 8 by default; `seed` determines them. Stops the program if `vectors` is
  /// below 1.
  public init(vectors: Int = 8, seed: UInt64 = 0) {
    guard vectors >= 1 else { stop("HessianTrace", "the number of vectors is \(vectors); it must be 1 or more") }
    self.vectors = vectors
    random = RandomStream(seed: seed, name: "hessian_trace")
  }

  /// Adds the position of the random stream.
  public func save(to state: inout SavedState, _ layers: [ProbedLayer]) {
    state.texts["random"] = (try? JSONEncoder().encode(random)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Takes over what `save` added. Throws a `SavedStateError` if that is not what it can be.
  public mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws {
    guard let text = state.texts["random"],
      let saved = try? JSONDecoder().decode(RandomStream.self, from: Data(text.utf8))
    else { throw SavedStateError(problem: "“random” is not the position of a random stream") }
    random = saved
  }

  /// Records the traces.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    guard let hessian = Hessian(step) else { return }
    let parameters = step.model.parameters.map { ObjectIdentifier($0.parameter) }
    var parts: [ObjectIdentifier: Double] = [:]
    for _ in 0..<vectors {
      let z = hessian.signs(&random)
      for (parameter, (z, image)) in zip(parameters, zip(z, hessian.times(z))) {
        parts[parameter, default: 0] += products(z, image).productSum / Double(vectors)
      }
    }
    results.record(.hessianTrace, parameters.reduce(0) { $0 + parts[$1]! })
    for layer in step.layers where layer.callIndex == 0 {
      let own = layer.module.ownParameters.compactMap { parts[ObjectIdentifier($0.parameter)] }
      if !own.isEmpty { layer.output.record(.hessianTrace, own.reduce(0, +)) }
    }
  }
}
