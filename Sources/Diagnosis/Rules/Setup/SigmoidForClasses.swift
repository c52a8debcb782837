import Foundation
import RunFile
import Support

/// Fires when logits of a cross-entropy come from an activation with bounded outputs, such as a sigmoid, and the net learns less than it
/// could: between a and b the loss of K classes can't go below ln(1 + (K − 1) e^(a − b)).
struct SigmoidForClassesRule: Rule {
  let name = "sigmoid for several classes"
  let stage = RuleStage.setup
  let principle =
    "Reads which activation gives the logits of a cross-entropy. With logits from a to b the loss of K classes "
    + "can't go below ln(1 + (K − 1) e^(a − b)), so the net can't be sure of any answer."
  let source = "UMLAUT (CHI 2021)"
  var limits: [RuleLimit] {
    [
      RuleLimit("final loss over the lowest possible one", .below, Self.boundLimit, "×")
    ]
  }

  /// The final loss over the lowest possible one below which that bound keeps the net from learning more: 1.5.
  static let boundLimit = 1.5

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let facts = evidence.facts
    guard facts.text(.function, of: .loss) == "crossEntropy", let last = evidence.lastSite,
      let range = last.outputRange, range.upperBound.isFinite, last.kind != "Softmax",
      evidence.predictionsLie(in: range),
      facts.number(.probabilityRows, of: .loss) ?? 0 < SoftmaxTwiceRule.rowLimit,
      last.shape == facts.json(.shapes, of: .loss, as: [[Int]].self)?.first, let classes = evidence.task.classCount,
      classes > 1
    else { return [] }
    let lowest = log(1 + Double(classes - 1) * exp(range.lowerBound - range.upperBound))
    return found(
      evidence.isStuck
        ? .failure
        : lowest > 0.5 * log(Double(classes)) || evidence.loss.last < Self.boundLimit * lowest && evidence.isHigh
          ? .warning : .note,
      "the logits come from a \(last.kind.rawValue) and lie between \(formatShortest(range.lowerBound)) and "
        + "\(formatShortest(range.upperBound)); so the loss can't go below \(formatPlain(lowest))",
      sites: [last.path], steps: evidence.allSteps, measured: lowest, limit: 0,
      cause:
        "crossEntropy applies softmax to logits of any size; behind a \(last.kind.rawValue) they can't differ by more than "
        + formatShortest(range.upperBound - range.lowerBound),
      remedies: ["remove “\(last.path)” at the end of the net, and hand crossEntropy the output of the last layer"],
      chart: "loss", trial: .linearOutput)
  }
}
