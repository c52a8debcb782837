import RunFile
import Support

/// Fires when inputs or targets hold NaN or infinities.
struct NonfiniteDataRule: Rule {
  let name = "non-finite data"
  let stage = RuleStage.setup
  let principle =
    "Counts inputs and targets that are NaN or infinite. One such value spreads to the loss, to all gradients and, "
    + "by one step, to all weights."
  let source = "TensorBoard Debugger V2"

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingFacts }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let data = evidence.nonfiniteData else { return [] }
    let (what, step, count) = (data.what, data.step, data.count)
    return found(
      .failure,
      "\(what) hold \(count.map { counted(Int(min($0, 1e15)), "value") + " that \($0 == 1 ? "is" : "are")" } ?? "values that are") NaN or infinite, "
        + "first at step \(step)",
      steps: step...max(step, evidence.allSteps.upperBound), measured: count ?? 1, limit: 0, unit: "values",
      cause: "such a value spreads to the loss, to every gradient and, by one step, to every weight",
      remedies: [
        "remove the samples with missing values, or replace these by the mean of their feature, before training",
        "search for a division by a standard deviation of 0 where features are constant",
      ],
      chart: "loss", trial: what == "inputs" ? .finiteInputs : nil)
  }
}

/// Data that is NaN or infinite.
struct NonfiniteData {
  /// "inputs" or "targets".
  let what: String
  let step: Int
  /// The number of such values; nil if it is not recorded.
  let count: Double?
}

extension RunEvidence {
  /// The first inputs or targets that are NaN or infinite; nil if there are none.
  var nonfiniteData: NonfiniteData? {
    let found = [nonfiniteData(.input, "inputs"), nonfiniteData(.target, "targets")].compactMap { $0 }
    return found.min { $0.step < $1.step }
  }

  private func nonfiniteData(_ subject: Fact.Subject, _ what: String) -> NonfiniteData? {
    let start = allSteps.lowerBound
    let counts = facts.all(.nonfiniteCount, of: subject), means = facts.all(.mean, of: subject)
    let counted = counts.first { ($0.number ?? 0) > 0 }, spoiled = means.first { !($0.number ?? 0).isFinite }
    guard let first = counted ?? spoiled else { return nil }
    return NonfiniteData(what: what, step: first.step ?? start, count: counted?.number)
  }
}
