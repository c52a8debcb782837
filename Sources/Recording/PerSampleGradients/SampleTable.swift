import Autodiff
import NeuralNetworks

/// The modules of a model whose samples' shares of the gradient can be told, found once for all steps that have the same calls.
struct SampleTable {
  private var calls: [ProbedLayer] = []
  private var known: [SampledLayer] = []
  private var unknown: [(path: String, reason: String)] = []

  /// What samples add to the gradient of a step, and why layers are left out, in words by the reason; nil where no layer has had
  /// a gradient. Where the number of samples isn't known it is that of the first layer's rows.
  mutating func gradients(
    of step: [ProbedLayer], samples: Int?
  ) -> (samples: SampleGradients, missing: [String: String])? {
    guard let rows = step.first(where: { $0.gradient != nil })?.gradient?.shape.first else { return nil }
    let count = samples ?? rows
    if !calls.elementsEqual(step, by: { $0 === $1 }) { sort(step) }
    var missing = unknown
    let ready = known.filter { layer in
      guard let reason = reason(toLeaveOut: layer, count) else { return true }
      missing.append((layer.layer.path, reason))
      return false
    }
    let samples = SampleGradients(ready, count: count)
    missing += samples.scaledOtherwise.map {
      ($0.layer.path, "gradients are scaled otherwise than those of other layers")
    }
    let told = Dictionary(grouping: missing, by: \.reason).map { reason, places in
      let more = places.count > 3 ? " and \(places.count - 3) more" : ""
      let named = places.prefix(3).map(\.path).joined(separator: ", ") + more
      return (reason, "gradients of single samples leave out \(named), where \(reason)")
    }
    return (samples, Dictionary(uniqueKeysWithValues: told))
  }

  /// Finds out which modules are called, and which of them are of a kind that is known.
  private mutating func sort(_ step: [ProbedLayer]) {
    (calls, known, unknown) = (step, [], [])
    let byModule = Dictionary(grouping: step) { ObjectIdentifier($0.module) }
    var holders: [ObjectIdentifier: Int] = [:]
    for all in byModule.values {
      for (_, parameter) in all[0].module.ownParameters { holders[ObjectIdentifier(parameter), default: 0] += 1 }
    }
    for call in step where !call.module.ownParameters.isEmpty {
      let all = byModule[ObjectIdentifier(call.module)]!
      guard all[0] === call else { continue }
      if call.module.ownParameters.contains(where: { holders[ObjectIdentifier($0.parameter)]! > 1 }) {
        unknown.append((call.path, "a parameter is shared with another module"))
      } else if call.module is BatchNorm {
        unknown.append((call.path, "each output depends on all samples"))
      } else if let module = call.module as? any SampleWise {
        known.append(SampledLayer(module, all))
      } else {
        unknown.append((call.path, "the kind of the module, \(call.module.kind), is not known"))
      }
    }
  }
}

/// Why the shares of samples can't be told in this step; nil where they can.
private func reason(toLeaveOut layer: SampledLayer, _ count: Int) -> String? {
  guard layer.layer.weightGradient != nil else { return "there was no gradient" }
  for call in layer.calls {
    if call.passes > 1 { return "several passes came before one step" }
    guard let gradient = call.gradient, call.input != nil else { return "there was no gradient" }
    if gradient.shape[0] != count { return "there are \(gradient.shape[0]) rows for \(count) samples" }
  }
  return nil
}
