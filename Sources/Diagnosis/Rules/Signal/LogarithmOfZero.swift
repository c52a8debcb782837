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
        last?.kind == "Softmax"
        ? "ln 0 is −∞: in Float32 a softmax gives exactly 0 to a class whose logit is more than 104 below the largest"
        : "ln 0 is −∞: in Float32 a sigmoid is exactly 0 for logits below −104, and 1 minus it is 0 for logits of 17 and more",
      remedies: [
        last?.kind == "Softmax"
          ? "crossEntropy(logits, labels) in place of softmax and logarithm"
          : "binaryCrossEntropy(logits: z, targets) in place of sigmoid and logarithm, or crossEntropy(logits, labels) for classes",
        "limit probabilities to 1e-7 … 1 − 1e-7 before the logarithm, which leaves samples beyond that without a gradient",
      ],
      chart: "loss")
  }
}
