import Foundation
import RunFile
import Support

/// Fires when rows of the predictions are probabilities but the loss applies a softmax, or a sigmoid, itself.
///
/// With logits from 0 to 1 the cross-entropy of K classes can't go below −ln(e / (e + K − 1)) = ln(1 + (K − 1) / e), and that of a sigmoid not
/// below ln(1 + 1/e) for targets of 1 and ln 2 for targets of 0.
struct SoftmaxTwiceRule: Rule {
  let name = "softmax applied twice"
  let stage = RuleStage.setup
  let principle =
    "Counts rows of the predictions that are not negative and sum to 1, where the loss applies a softmax itself. "
    + "Logits from 0 to 1 hardly differ: the loss of K classes can't go below ln(1 + (K − 1) / e)."
  let source = "UMLAUT (CHI 2021)"
  var limits: [RuleLimit] {
    [
      RuleLimit("predictions that are probabilities", .atLeast, Self.rowLimit, "of the rows")
    ]
  }

  /// The share of rows that are not negative and sum to 1.
  static let rowLimit = 0.99

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let facts = evidence.facts, last = evidence.lastSite
    switch facts.text(.function, of: .loss) {
    case "crossEntropy":
      let rows = facts.number(.probabilityRows, of: .loss) ?? 0
      guard rows >= Self.rowLimit, let classes = evidence.task.classCount, classes > 1 else { return [] }
      let lowest = log(1 + Double(classes - 1) / M_E)
      let where_ = last.flatMap { $0.kind == "Softmax" ? $0.path : nil }
      return found(
        evidence.isStuck ? .failure : .warning,
        "the loss's inputs are probabilities already: \(formatPlain(rows * 100)) % of their rows are not negative and sum to 1; "
          + "with a second softmax the loss can't go below \(formatPlain(lowest))",
        sites: where_.map { [$0] } ?? [], steps: evidence.allSteps, measured: rows, limit: Self.rowLimit,
        unit: "of rows",
        cause:
          "the net ends in a softmax, and crossEntropy applies softmax to logits itself: between 0 and 1 they hardly differ, and where "
          + "the first softmax saturates no gradient passes",
        remedies: [
          "remove the softmax\(where_.map { " “\($0)”" } ?? "") at the end of the net, and hand crossEntropy the logits"
        ],
        chart: "loss", trial: where_ == nil ? nil : .linearOutput)
    case "binaryCrossEntropy":
      guard let last, last.kind == "Sigmoid", evidence.predictionsLie(in: 0...1),
        last.shape == facts.json(.shapes, of: .loss, as: [[Int]].self)?.first
      else { return [] }
      return found(
        evidence.isStuck ? .failure : .warning,
        "the loss's inputs come from a sigmoid, and the loss applies a sigmoid itself; for targets of 0 it can't go below 0.693",
        sites: [last.path], steps: evidence.allSteps, measured: 1, limit: 0,
        cause:
          "binaryCrossEntropy takes logits: after a sigmoid they lie between 0 and 1, so its own sigmoid gives 0.5 to 0.73",
        remedies: ["remove the sigmoid “\(last.path)” at the end of the net, and hand binaryCrossEntropy the logits"],
        chart: "loss", trial: .linearOutput)
    default: return []
    }
  }
}
