import Foundation
import RunFile
import Support

/// Fires before training where the loss is far from what an untrained net has: the loss of the best constant output, ln K for K classes
/// that are equally frequent.
struct FirstLossRule: Rule {
  let name = "first loss"
  let stage = RuleStage.outcome
  let principle =
    "Compares the first loss with ln K, that of an untrained net of K classes. A higher one shows outputs that "
    + "differ too much from each other, a lower one a net that knows the answers before training."
  let source = "Karpathy, “A recipe for training neural networks”, 2019"
  var limits: [RuleLimit] {
    [
      RuleLimit("first loss", .above, Self.highLimit, "× ln K"),
      RuleLimit("first loss", .below, Self.lowLimit, "× ln K"),
    ]
  }

  /// The first loss over the expected one above which outputs are too large: 1.5.
  static let highLimit = 1.5
  /// The first loss over the expected one below which the loss knows the answer, or is another one: 0.67.
  static let lowLimit = 0.67

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let loss = evidence.run.steps.first?.loss, loss.isFinite, evidence.task.kind == .classes,
      let classes = evidence.task.classCount, classes > 1, let expected = evidence.expectedFirstLoss,
      !evidence.hasGivenWeights, evidence.task.constantLoss != nil
    else { return [] }
    let ratio = loss / expected
    guard ratio > Self.highLimit || ratio < Self.lowLimit else { return [] }
    let spread = evidence.facts.firstNumber(.std, of: .loss)
    return found(
      .warning,
      "the loss begins at \(formatPlain(loss)), where an untrained net of \(classes) classes has ln \(classes) = \(formatPlain(expected))",
      sites: evidence.outputLayer.map { [$0.path] } ?? [], steps: evidence.allSteps, measured: ratio,
      limit: ratio > 1 ? Self.highLimit : Self.lowLimit, unit: "of ln K",
      cause: ratio > 1
        ? "outputs differ too much from each other\(spread.map { ", by a standard deviation of \(formatPlain($0))" } ?? ""), so the net begins with wrong answers of which it is sure"
        : "the net knows more than an untrained one can: its weights are trained, or labels are among the inputs",
      remedies: ratio > 1
        ? [
          "smaller weights in the last layer, such as a tenth of the present ones",
          "inputs of mean 0 and standard deviation 1",
          "a LayerNorm before the last layer",
        ] : ["check that inputs do not hold the labels"],
      chart: "loss")
  }
}

extension RunEvidence {
  /// ln K for K classes with `crossEntropy`; nil for other losses.
  var expectedFirstLoss: Double? {
    guard facts.text(.function, of: .loss) == "crossEntropy", let classes = task.classCount, classes > 1 else {
      return nil
    }
    return Foundation.log(Double(classes))
  }
}
