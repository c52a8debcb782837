import RunFile
import Support

/// Fires when parameters of an optimizer never get a gradient: their module is called off the tape, or its output is detached. Modules that
/// are not called at all give a note.
struct ParametersWithoutGradientRule: Rule {
  let name = "parameters without gradient"
  let stage = RuleStage.setup
  let principle =
    "Counts the steps in which each parameter of an optimizer gets a gradient. One that never gets any is off the "
    + "tape: its module is called inside withoutGradients { }, or its output is detached."
  let source = "SageMaker Debugger, rule UnchangedTensor"
  var limits: [RuleLimit] {
    [
      RuleLimit("steps without a gradient", .atLeast, Self.shareLimit, "of the recorded steps")
    ]
  }

  /// The share of recorded steps without a gradient from which on a parameter never gets one; below 1 for rounding.
  static let shareLimit = 0.999

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingFacts }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let run = evidence.run
    // A skipped step clears gradients.
    guard evidence.skippedSteps.count * 2 <= run.steps.count else { return [] }
    let parameters = Dictionary(run.parameters.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    let offTape = evidence.modules(.calledWithoutGradients)
    let uncalled = evidence.modules(.uncalledModules).filter { !offTape.contains($0) }
    let without = evidence.facts.ofParameters(.withoutGradient).compactMap { path, fact -> RecordedParameter? in
      guard let share = fact.number, share >= Self.shareLimit, let parameter = parameters[path], !parameter.isFrozen,
        !parameter.optimizers.isEmpty
      else { return nil }
      return parameter
    }.sorted { $0.id < $1.id }
    let unused = without.filter { parameter in uncalled.contains { parameter.path.lies(in: $0) } }
    let detached = without.filter { !unused.contains($0) }
    var findings: [Finding] = []
    if !detached.isEmpty {
      let matrices = detached.filter { $0.shape.count > 1 }, all = evidence.matrices.count
      let isEverything = without.count == run.parameters.count
      let isGiven = detached.allSatisfy { evidence.isGiven($0.path) } && !evidence.isStuck
      let share = Double(matrices.count) / Double(max(all, 1))
      let paths = detached.map(\.path), common = paths.commonModule
      let module = (common.isEmpty ? [paths[0]].commonModule : common).joined(separator: ".")
      let severity: Finding.Severity =
        isEverything
        ? .failure
        : isGiven || matrices.isEmpty
          ? .note
          : evidence.isStuck || share > 0.5 ? .failure : .warning
      findings += found(
        severity,
        isEverything
          ? "no parameter ever gets a gradient"
          : "\(counted(detached.count, "parameter")), \(listed(detached.map(\.path))), \(detached.count == 1 ? "is" : "are") in an optimizer "
            + "but never \(detached.count == 1 ? "gets" : "get") a gradient",
        sites: paths, steps: evidence.allSteps, measured: share, limit: 0, unit: "of weights",
        cause: isEverything
          ? "backward() is not called, or the loss does not depend on the model: it was computed inside withoutGradients { } or from a detached tensor"
          : detached.contains { parameter in offTape.contains { parameter.path.lies(in: $0) } }
            ? "their modules are called inside withoutGradients { }, so no operation of theirs is on the tape"
            : "their output is detached or rebuilt from plain values, so the backward pass ends behind it",
        remedies: isEverything
          ? ["call loss.backward() on the loss of model(inputs), outside of withoutGradients { }"]
          : [
            "call “\(module)” outside of withoutGradients { }, and pass its output on as it is, not detached() or rebuilt from values",
            "freeze these parameters if they shall stay as they are: try optimizer.group(\"\(module).**\", isFrozen: true)",
          ],
        chart: "weight-gradients")
    }
    if !unused.isEmpty {
      findings += found(
        .note,
        "\(counted(unused.count, "parameter")), \(listed(unused.map(\.path))), "
          + "\(unused.count == 1 ? "belongs" : "belong") to modules that are never called",
        sites: unused.map(\.path), steps: evidence.allSteps, measured: Double(unused.count), limit: 0,
        unit: "parameters",
        cause: "forward does not use these modules", remedies: ["call them in forward, or remove them from the model"])
    }
    return findings
  }
}
