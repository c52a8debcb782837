import Autodiff
import NeuralNetworks

/// The modules of a model whose per-sample gradients can be computed, found once for all steps with the same calls.
struct SampleTable {
  private var calls: [ProbedLayer] = []
  private var supported: [SampledLayer] = []
  private var unsupported: [(path: String, reason: String)] = []

  /// The per-sample gradients of a step, and one warning per reason for which layers are left out, by reason; nil if no layer has a
  /// gradient or there are no samples. If the number of samples is nil, it is the number of rows of the first layer's gradient.
  mutating func gradients(
    of step: [ProbedLayer], samples: Int?
  ) -> (samples: SampleGradients, missing: [String: String])? {
    guard let rows = step.first(where: { $0.gradient != nil })?.gradient?.shape.first else { return nil }
    let count = samples ?? rows
    guard count > 0 else { return nil }
    if !calls.elementsEqual(step, by: { $0 === $1 }) { classify(step) }
    var missing = unsupported
    let ready = supported.filter { layer in
      guard let reason = reason(toLeaveOut: layer, count) else { return true }
      missing.append((layer.layer.path, reason))
      return false
    }
    let samples = SampleGradients(ready, count: count)
    missing += samples.scaledDifferently.map {
      ($0.layer.path, "their gradients are scaled differently from those of other layers")
    }
    let warnings = Dictionary(grouping: missing, by: \.reason).map { reason, layers in
      let more = layers.count > 3 ? " and \(layers.count - 3) more" : ""
      let paths = layers.prefix(3).map(\.path).joined(separator: ", ") + more
      return (reason, "per-sample gradients leave out \(paths): \(reason)")
    }
    return (samples, Dictionary(uniqueKeysWithValues: warnings))
  }

  /// Finds the modules that are called, and which of them are supported.
  private mutating func classify(_ step: [ProbedLayer]) {
    (calls, supported, unsupported) = (step, [], [])
    let byModule = Dictionary(grouping: step) { ObjectIdentifier($0.module) }
    var holders: [ObjectIdentifier: Int] = [:]
    for all in byModule.values {
      for (_, parameter) in all[0].module.ownParameters { holders[ObjectIdentifier(parameter), default: 0] += 1 }
    }
    for call in step where !call.module.ownParameters.isEmpty {
      let all = byModule[ObjectIdentifier(call.module)]!
      guard all[0] === call else { continue }
      if call.module.ownParameters.contains(where: {
        holders[ObjectIdentifier($0.parameter)]! > 1 || $0.parameter.isUsedElsewhere
      }) {
        unsupported.append((call.path, "a parameter is shared with another module"))
      } else if call.module is BatchNorm {
        unsupported.append((call.path, "each output depends on all samples"))
      } else if let module = call.module as? any SampleWise {
        supported.append(SampledLayer(module, all))
      } else {
        unsupported.append((call.path, "modules of the type \(call.module.kind) are not supported"))
      }
    }
  }
}

/// The reason why per-sample gradients of a layer can't be computed in this step; nil if they can.
private func reason(toLeaveOut layer: SampledLayer, _ count: Int) -> String? {
  guard layer.layer.weightGradient != nil else { return "no gradient was computed" }
  for call in layer.calls {
    if call.passes > 1 { return "the step had several passes" }
    guard let gradient = call.gradient, call.input != nil else { return "no gradient was computed" }
    if gradient.shape[0] != count { return "there are \(gradient.shape[0]) rows for \(count) samples" }
  }
  return nil
}
