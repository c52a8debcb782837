import Rheoscope

/// How much a layer already is what it ends as: `similarity_to_final`, the linear CKA of what it makes of fixed samples at a step
/// and of what it makes of them when training is over.
package struct SimilarityToFinal: Probe {
  package let about = ProbeDescription(
    name: "similarity_to_final", quantity: "linear CKA of a layer's outputs for fixed samples, now and at the end",
    unit: "1",
    cost: "a forward pass over the samples, whose outputs are kept",
    source: "Raghu et al. 2017, arXiv:1706.05806; Kornblith et al. 2019, arXiv:1905.00414")

  /// What is given to the model each time.
  let samples: Tensor
  /// The layers that are looked at, by path.
  let paths: [String]
  private var seen: [(step: Int, outputs: [String: Tensor])] = []

  package init(samples: Tensor, paths: [String]) {
    self.samples = samples
    self.paths = paths
  }

  package mutating func look(at step: ProbedStep, _ findings: inout Findings) throws {
    seen.append((step.number, try outputs(of: step.model)))
  }

  package mutating func finish(_ report: FinalReport) throws {
    let final = try outputs(of: report.model)
    for (step, outputs) in seen {
      for layer in report.layers {
        guard let now = outputs[layer.path], let then = final[layer.path] else { continue }
        try report.note(about.name, linearCKA(now, then), of: layer, step: step)
      }
    }
  }

  private func outputs(of model: Module) throws -> [String: Tensor] {
    var outputs: [String: Tensor] = [:]
    let handles = try paths.map { path in
      try model.onForward(path) { _, output in
        outputs[path] = output.detached()
        return nil
      }
    }
    withoutGradients { _ = model(samples) }
    for handle in handles { handle.remove() }
    return outputs
  }
}
