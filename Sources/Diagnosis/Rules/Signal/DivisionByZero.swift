import RunFile

/// Fires when the first value that is not finite is a quotient by 0.
struct DivisionByZeroRule: Rule {
  let name = "division by zero"
  let principle = "Searches for the operation that made the first value that is not finite. Here it is a division by 0."
  let source = "TensorBoard Debugger V2"

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let event = evidence.nonfinite, event.origin == .division else { return [] }
    let (sites, steps) = evidence.location(of: event)
    return found(
      .failure,
      "the \(event.what) is not finite from step \(event.step) on: \(event.operation ?? "a division") got a divisor of 0",
      sites: sites, steps: steps, measured: event.count, limit: 0, unit: "values",
      cause: "a norm, a standard deviation or a count of samples in the divisor is 0 for some batch",
      remedies: [
        "add a small number to the divisor, such as 1e-6", "leave out batches and features for which it is 0",
      ],
      chart: "loss")
  }
}
