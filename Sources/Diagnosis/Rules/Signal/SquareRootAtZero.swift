import RunFile

/// Fires when the first value that is not finite comes from the slope of a square root at 0, which is infinite.
struct SquareRootAtZeroRule: Rule {
  let name = "square root at zero"
  let principle =
    "Searches for the operation that made the first value that is not finite. Here it is a square root of 0, whose "
    + "slope is infinite; a distance or norm of exactly 0 is enough."
  let source = "PyTorch, issue 2421"

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let event = evidence.nonfinite, event.origin == .squareRoot else { return [] }
    let (sites, steps) = evidence.location(of: event)
    let isKnown = event.operation != nil
    return found(
      .failure,
      isKnown
        ? "the \(event.what) is not finite from step \(event.step) on: \(event.operation!) got 0"
        : "the gradient of the output is not finite from step \(event.step) on, while loss and activations are",
      sites: sites, steps: steps, measured: event.count, limit: 0, unit: "values",
      cause:
        "the derivative of √x at 0 is infinite, and infinity times 0 is NaN: a distance or norm of exactly 0, such as between two equal "
        + "samples, is enough" + (isKnown ? "" : "; of the operations of a loss, square roots, norms and powers do so"),
      remedies: [
        "add a small number under the root: (x * x).sum() + 1e-12, then squareRoot()",
        "use the squared distance, without a root",
      ],
      chart: "loss")
  }
}
