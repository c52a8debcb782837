import RunFile

/// Reports what the recorder warned of, such as a module that is not called: its warnings are printed only while the training runs.
struct WarningsOfRecorderRule: Rule {
  let name = "warning while recording"
  let stage = RuleStage.setup
  let principle = "Repeats what the recorder warned of while the training ran, such as a module that is not called."

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    evidence.run.events.filter { $0.kind == .warning }.flatMap { event in
      found(
        .note, event.text, steps: event.step...event.step, measured: 1, limit: 0, unit: "warnings",
        cause: "the recorder saw this while the training ran", remedies: [])
    }
  }
}
