import RunFile
import Support

/// Fires when batch normalization is in evaluation mode during training steps, so that it normalizes by statistics that it never updates.
struct BatchNormEvaluatedRule: Rule {
  let name = "batch norm in evaluation"
  let stage = RuleStage.setup
  let principle =
    "Reads which modules are in evaluation mode during training steps. Batch normalization then normalizes by "
    + "running statistics that it never updates."
  let source = "PyTorch, Module.eval"

  func missing(in evidence: RunEvidence) -> [MissingRecord] {
    evidence.run.sites.contains { $0.kind.rawValue.hasPrefix("BatchNorm") } ? evidence.missingFacts : []
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let evaluated = Set(evidence.modules(.evaluationMode))
    let sites = evidence.run.sites.filter { $0.kind.rawValue.hasPrefix("BatchNorm") && evaluated.contains($0.module) }
    guard !sites.isEmpty else { return [] }
    let weights = evidence.run.parameters.filter { parameter in sites.contains { parameter.path.lies(in: $0.module) } }
    let isGiven = weights.contains { evidence.isGiven($0.path) }
    return found(
      evidence.isStuck ? .failure : isGiven && !evidence.struggles || !evidence.isHigh ? .note : .warning,
      "\(counted(sites.count, "batch norm layer")), \(listed(sites.map(\.path))), \(sites.count == 1 ? "is" : "are") in evaluation mode while training",
      sites: sites.map(\.path), steps: evidence.allSteps, measured: Double(sites.count), limit: 0, unit: "layers",
      cause: isGiven
        ? "the statistics of the loaded weights are kept, as is usual in fine-tuning"
        : "running mean 0 and variance 1 are kept, so nothing is normalized",
      remedies: ["call model.train() before the training loop, and again after each evaluation"], chart: "activations",
      trial: .trainingMode)
  }
}
