import RunFile
import Support

/// Fires when a loss, an activation or a gradient is NaN or infinite because numbers outgrew Float32, and names the first step and site.
/// Gradients of skipped steps don't count.
struct NonfiniteValuesRule: Rule {
  let name = "non-finite values"
  let principle =
    "Searches for the first step and site with a value that is NaN or infinite, where neither the data nor an "
    + "operation explain it: numbers have outgrown Float32."
  let source = "TensorBoard Debugger V2; SageMaker Debugger, rule ExplodingTensor"

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let event = evidence.nonfinite, event.origin == .other else { return [] }
    let path = event.site.map { evidence.run.sites[$0].path }
    let (_, steps) = evidence.location(of: event)
    let rate = evidence.learningRate
    return found(
      .failure,
      "the \(event.what)\(path.map { " of \($0)" } ?? "") is not finite, first at step \(event.step)"
        + (event.operation.map { ", made by \($0)" } ?? ""),
      sites: path.map { [$0] } ?? [], steps: steps, measured: event.count, limit: 0, unit: "values",
      cause: "numbers have outgrown Float32, mostly because updates or weights are too large",
      remedies: [
        rate.map { "a learning rate of \(oneDigit($0 / 10)) instead of \(formatShortest($0))" }
          ?? "a tenth of the learning rate",
        "clip gradients between backward() and step(): optimizer.clipGradients(toNorm: 1)",
        "the initializer \(evidence.fittingInitializer)",
      ],
      chart: "loss",
      trial: rate.map { .learningRate(oneDigitNumber($0 / 10)) })
  }
}
