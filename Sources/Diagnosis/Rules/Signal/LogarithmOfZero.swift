import RunFile
import Support

/// Fires when the first value that is not finite is the logarithm of 0.
struct LogarithmOfZeroRule: Rule {
  let name = "logarithm of zero"
  let principle =
    "Searches for the operation that made the first value that is not finite. Here it is the logarithm of a "
    + "probability that is exactly 0 in Float32."
  let source = "TensorBoard Debugger V2"

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard let event = evidence.nonfinite, event.origin == .logarithm else { return [] }
    let (sites, steps) = evidence.location(of: event)
    let last = evidence.lastSite
    let extreme = evidence.facts.number(.extremePredictions, of: .loss).flatMap { $0 > 0 ? $0 : nil }
    return found(
      .failure,
      "the \(event.what) is not finite from step \(event.step) on: "
        + (event.operation.map { "\($0) got 0" } ?? "activations are finite, and outputs are exactly 0 or 1")
        + (extreme.map { "; \(formatPlain($0 * 100)) % of the predictions are exactly 0 or 1" } ?? ""),
      sites: sites.isEmpty ? last.map { [$0.path] } ?? [] : sites, steps: steps, measured: event.count, limit: 0,
      unit: "values",
      cause:
        "ln 0 is −∞: in Float32 a sigmoid is exactly 1 from logits of 17 on and 0 below −104, and softmax likewise",
      remedies: [
        "give the loss logits: binaryCrossEntropy(logits: z, targets) in place of \(last?.kind == "Softmax" ? "softmax" : "sigmoid") and logarithm, or crossEntropy for classes",
        "limit probabilities to 1e-7 … 1 − 1e-7 before the logarithm",
      ],
      chart: "loss")
  }
}
