import RunFile
import Support

/// Fires when a loss that takes probabilities gets values outside of 0 to 1.
struct LogitsInLossOfProbabilitiesRule: Rule {
  let name = "logits in a loss of probabilities"
  let stage = RuleStage.setup
  let principle =
    "Reads the range of what a loss of probabilities gets. Values outside of 0 to 1, or above 0 where it takes "
    + "logarithms, are logits, whose logarithm is not the loss that was meant."
  let source = "UMLAUT (CHI 2021)"

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let facts = evidence.facts
    guard let function = facts.text(.function, of: .loss),
      Self.takesProbabilities(function) || Self.takesLogarithms(function),
      let largest = facts.all(.maximum, of: .loss).compactMap(\.number).max()
    else { return [] }
    let smallest = facts.all(.minimum, of: .loss).compactMap(\.number).min() ?? 0
    let isLogarithm = Self.takesLogarithms(function)
    let beyond = isLogarithm ? largest : max(largest - 1, -smallest)
    guard beyond > 1e-4 else { return [] }
    return found(
      evidence.isStuck ? .failure : .warning,
      "\(function) takes \(isLogarithm ? "logarithms of probabilities" : "probabilities"), but its predictions lie between "
        + "\(formatPlain(smallest)) and \(formatPlain(largest))",
      sites: evidence.lastSite.map { [$0.path] } ?? [], steps: evidence.allSteps, measured: beyond, limit: 0,
      cause: "the net ends in logits, of which the loss takes the logarithm as if they were probabilities",
      remedies: ["use the loss that takes logits: crossEntropy for classes, binaryCrossEntropy for yes or no"],
      chart: "loss")
  }

  private static func takesProbabilities(_ function: String) -> Bool {
    let name = function.lowercased()
    return name.contains("probabilit") || name == "bceloss" || name == "binary_cross_entropy"
  }
  private static func takesLogarithms(_ function: String) -> Bool {
    ["nllloss", "nll_loss", "negativeloglikelihood"].contains(function.lowercased())
  }
}
