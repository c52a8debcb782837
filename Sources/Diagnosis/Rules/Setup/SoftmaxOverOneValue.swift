import RunFile
import Support

/// Fires when a softmax is computed over one value, which gives 1 whatever the net computes, so no gradient passes.
struct SoftmaxOverOneValueRule: Rule {
  let name = "softmax over one value"
  let stage = RuleStage.setup
  let principle =
    "Searches for a softmax over one value. It is 1 for every input, so the output does not depend on the net, and "
    + "the gradient is exactly 0."
  let source = "UMLAUT (CHI 2021)"
  var limits: [RuleLimit] {
    [
      RuleLimit("predictions that are 1, where the loss shows it", .atLeast, Self.rowLimit, "of the predictions")
    ]
  }

  /// The share of the predictions' rows that sum to 1, where there is one prediction per row.
  static let rowLimit = 0.99

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let facts = evidence.facts
    let sites = evidence.run.sites.filter {
      ["Softmax", "LogSoftmax"].contains($0.kind.rawValue) && $0.shape.last == 1
    }
    let width = facts.json(.shapes, of: .loss, as: [[Int]].self)?.first?.last
    let rows = facts.number(.probabilityRows, of: .loss) ?? 0
    let isConstant = width == 1 && rows >= Self.rowLimit && (facts.number(.predictionSpread, of: .loss) ?? 0) == 0
    guard !sites.isEmpty || isConstant, !evidence.run.steps.isEmpty,
      evidence.isStuck || evidence.loss.state == .tooShort || isConstant
    else { return [] }
    return found(
      .failure,
      "a softmax over one value is 1 for every input" + (isConstant ? ", and so is each prediction" : ""),
      sites: sites.map(\.path), steps: evidence.allSteps, measured: 1, limit: 1, unit: "values",
      cause: "exp(z) / exp(z) = 1: the output does not depend on the net, and the gradient is exactly 0",
      remedies: [
        "remove the softmax; for a probability give binaryCrossEntropy the logit, or end the net in a sigmoid",
        "for two classes give the last layer two outputs, and crossEntropy their logits",
      ],
      chart: "loss",
      trial: sites.last?.id == evidence.lastSite?.id && facts.text(.function, of: .loss) == "binaryCrossEntropy"
        ? .linearOutput : nil)
  }
}
