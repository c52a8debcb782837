import RunFile
import Support

/// Fires when cross-entropy gets one output per sample: with one class its loss is 0 for every output.
struct OneOutputForClassesRule: Rule {
  let name = "one output for several classes"
  let stage = RuleStage.setup
  let principle =
    "Compares the number of outputs with the number of classes. Cross-entropy of one output per sample is 0 for "
    + "every output, so nothing is learned."
  let source = "UMLAUT (CHI 2021)"

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let facts = evidence.facts, width = facts.json(.shapes, of: .loss, as: [[Int]].self)?.first?.last
    let classes = evidence.task.classCounts?.count { $0 > 0 } ?? evidence.task.classCount ?? 0
    let isEntropy = facts.text(.function, of: .loss) == "crossEntropy"
    guard width == 1, evidence.task.kind == .classes, isEntropy || classes > 2, !evidence.run.steps.isEmpty else {
      return []
    }
    let wanted = max(classes, 2)
    return found(
      .failure,
      isEntropy
        ? "the loss gets one output per sample, so it knows one class, and is 0 for every output"
        : "one output per sample is to tell \(classes) classes",
      sites: evidence.outputLayer.map { [$0.path] } ?? [], steps: evidence.allSteps, measured: 1, limit: Double(wanted),
      unit: "outputs",
      cause: "crossEntropy compares one logit per class with the others",
      remedies: [
        "give the last layer one output per class, such as Linear(…, \(wanted))",
        "for two classes use binaryCrossEntropy, with targets 0 and 1 as a tensor of the outputs' shape",
      ],
      chart: "loss")
  }
}
