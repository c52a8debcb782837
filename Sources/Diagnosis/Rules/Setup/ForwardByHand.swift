import RunFile
import Support

/// Fires when a module is not called but its parameters get gradients: its `forward` was called by hand, so neither hooks nor the recorder
/// see it. Training is not affected.
struct ForwardByHandRule: Rule {
  let name = "forward called by hand"
  let stage = RuleStage.setup
  let principle =
    "Compares the modules that were called with the parameters that got a gradient. A module whose parameters get "
    + "one though it was never called was used by its forward(_:), which fires no hooks."
  let source = "PyTorch, Module.register_forward_hook"

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingFacts }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let offTape = evidence.modules(.calledWithoutGradients)
    let uncalled = evidence.modules(.uncalledModules).filter { !offTape.contains($0) }
    guard !uncalled.isEmpty else { return [] }
    let gradients = evidence.weights(.gradientNorm), updates = evidence.weights(.updateNorm)
    let live = gradients.parameters.indices.filter { row in
      (gradients.row(row) + updates.row(row)).contains { $0.map { $0 > 0 } ?? false }
    }.map { gradients.parameters[$0].path }
    // Vectors have no rows; they have a gradient where the run does not say that they have none.
    let silent = Set(
      evidence.facts.ofParameters(.withoutGradient).filter { ($0.fact.number ?? 0) > 0 }.map(\.path))
    let vectors = evidence.run.parameters.filter { $0.shape.count < 2 && !$0.isFrozen && !silent.contains($0.path) }
      .map(\.path)
    let byHand = uncalled.filter { module in
      live.contains { $0.lies(in: module) }
        || !evidence.matrices.contains { $0.path.lies(in: module) } && vectors.contains { $0.lies(in: module) }
    }
    guard !byHand.isEmpty else { return [] }
    return found(
      .note,
      "\(counted(byHand.count, "module")), \(listed(byHand.map { $0.isEmpty ? "the model" : $0 })), "
        + "\(byHand.count == 1 ? "is" : "are") never called as a module, but \(byHand.count == 1 ? "its" : "their") parameters get gradients",
      sites: byHand, steps: evidence.allSteps, measured: Double(byHand.count), limit: 0, unit: "modules",
      cause: "forward(_:) is called by hand; only a call of the module itself fires hooks and is recorded",
      remedies: [
        "write module(x) instead of module.forward(x) where \(byHand[0].isEmpty ? "the model" : byHand[0]) is used"
      ])
  }
}
